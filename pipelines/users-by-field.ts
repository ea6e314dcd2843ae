import { byFields, byTopic, definePipeline, hourly, names, nested } from '../lib/index.ts'
import { parse, validate } from '../operators/index.ts'
import { flushSize, jsonFile, rotation, user, userOptions } from './users.schema.ts'

const options = {
  ...userOptions,
  fields: names(['company', 'country'], 'what folders are called after, the outermost first'),
  flushSize: flushSize(1_000),
}

/** Users by fields of theirs: `warehouse/test/company=Block Group/country=Argentina/test+0+0000000000.json`. */
export default definePipeline('users-by-field', options, ({ kafka, s3, rejected, options }) => {
  kafka({ topic: 'test' })
    .through(parse({ format: options.input }))
    .through(validate(user))
    .to(
      s3({
        prefix: 'warehouse',
        partitionBy: nested(byTopic(), byFields(...options.fields)),
        format: jsonFile(),
        rotate: rotation(options.flushSize),
      }),
    )

  rejected.to(s3({ prefix: 'rejected/users-by-field', partitionBy: hourly({ by: 'record' }) }))
})
