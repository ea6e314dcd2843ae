import { byKafkaPartition, byTopic, definePipeline, hourly, nested } from '../lib/index.ts'
import { parse, validate } from '../operators/index.ts'
import { flushSize, jsonFile, rotation, user, userOptions } from './users.schema.ts'

const options = { ...userOptions, flushSize: flushSize(3) }

/** Users by the partition of their topic: `topics/test/partition=0/test+0+0000000000.json`. */
export default definePipeline('users-by-partition', options, ({ kafka, s3, rejected, options }) => {
  kafka({ topic: 'test' })
    .through(parse({ format: options.input }))
    .through(validate(user))
    .to(
      s3({
        prefix: 'topics',
        partitionBy: nested(byTopic(), byKafkaPartition()),
        format: jsonFile(),
        rotate: rotation(options.flushSize),
      }),
    )

  rejected.to(s3({ prefix: 'rejected/users-by-partition', partitionBy: hourly({ by: 'record' }) }))
})
