import { z } from 'zod'
import {
  byField,
  definePipeline,
  gzip,
  hourly,
  hours,
  jsonLines,
  minutes,
  nested,
} from '../../lib/index.ts'
import {
  count,
  dedupe,
  eventTime,
  fields,
  keyBy,
  parse,
  reduce,
  sum,
  tumbling,
  validate,
  window,
} from '../../operators/index.ts'

const pageView = z.object({
  eventGuid: z.string(),
  viewedAt: z.number(),
  country: z.string(),
  device: z.string(),
  seconds: z.number(),
})

export default definePipeline('page-views', ({ kafka, s3, rejected }) => {
  const views = kafka({ topic: 'page-views' })
    .through(parse())
    .through(validate(pageView))
    .through(eventTime((view) => view.viewedAt, { outOfOrder: minutes(1) }))

  views.to(s3({ prefix: 'raw', partitionBy: hourly(), format: jsonLines(), compression: gzip() }))

  views
    .through(dedupe((view) => view.eventGuid, { within: hours(1) }))
    .through(keyBy(fields('country', 'device')))
    .through(window(tumbling(hours(1))))
    .through(reduce({ views: count(), seconds: sum((view) => view.seconds) }))
    .to(s3({ prefix: 'hourly', partitionBy: nested(byField('country'), hourly()) }))

  rejected.to(s3({ prefix: 'rejected', partitionBy: hourly({ by: 'record' }) }))
})
