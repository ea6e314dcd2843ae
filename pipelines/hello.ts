import { z } from 'zod'
import { definePipeline } from '../lib/index.ts'
import { map, parse, validate } from '../operators/index.ts'

const visitor = z.object({ name: z.string() })

/** Says hello to every visitor, and keeps what was none. */
export default definePipeline('hello', ({ kafka, s3, rejected }) => {
  kafka({ topic: 'visitors' })
    .through(parse())
    .through(validate(visitor))
    .through(map(({ name }) => ({ hello: name })))
    .to(s3({ prefix: 'hello' }))

  rejected.to(s3({ prefix: 'hello-rejected' }))
})
