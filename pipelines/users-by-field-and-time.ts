import { byFields, byTopic, definePipeline, hourly, names, nested } from '../lib/index.ts'
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

const options = {
  ...userOptions,
  fields: names(
    ['company', 'country'],
    'what the outer folders are called after, the outermost first',
  ),
  ...timeOptions,
  flushSize: flushSize(1_000),
}

/** Users by fields and a time: `warehouse/test/company=Block Group/country=France/year=2022/month=05/day=05/hour=23/test+0+0000000002.json`. */
export default definePipeline(
  'users-by-field-and-time',
  options,
  ({ kafka, s3, rejected, options }) => {
    kafka({ topic: 'test' })
      .through(parse({ format: options.input }))
      .through(validate(user))
      .to(
        s3({
          prefix: 'warehouse',
          partitionBy: nested(byTopic(), byFields(...options.fields), byLogin(options)),
          format: jsonFile(),
          rotate: rotation(options.flushSize),
        }),
      )

    rejected.to(
      s3({ prefix: 'rejected/users-by-field-and-time', partitionBy: hourly({ by: 'record' }) }),
    )
  },
)
