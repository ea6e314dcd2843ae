import { byTopic, definePipeline, hourly, nested } from '../lib/index.ts'
import { parse, validate } from '../operators/index.ts'
import {
  byLogin,
  flushSize,
  jsonFile,
  rotation,
  timeOptions,
  user,
  userOptions,
} from './users.schema.ts'

const options = { ...userOptions, ...timeOptions, flushSize: flushSize(1_000) }

/** Users by a time: `warehouse/test/year=2022/month=10/day=23/hour=16/test+0+0000000001.json`. */
export default definePipeline('users-by-time', options, ({ kafka, s3, rejected, options }) => {
  kafka({ topic: 'test' })
    .through(parse({ format: options.input }))
    .through(validate(user))
    .to(
      s3({
        prefix: 'warehouse',
        partitionBy: nested(byTopic(), byLogin(options)),
        format: jsonFile(),
        rotate: rotation(options.flushSize),
      }),
    )

  rejected.to(s3({ prefix: 'rejected/users-by-time', partitionBy: hourly({ by: 'record' }) }))
})
