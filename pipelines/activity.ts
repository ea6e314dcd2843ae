import { byInterval, definePipeline, hourly, seconds } from '../lib/index.ts'
import { eventTime, parse, validate } from '../operators/index.ts'
import {
  type Activity,
  activity,
  activityOptions,
  byCustomerAndTime,
  compressions,
  textFile,
} from './activity.schema.ts'

/** What customers do, in a file for each customer and second: `activity/30-13-15-11-2014/abc123-2014-11-15-13-32-43.txt`. */
export default definePipeline('activity', activityOptions, ({ kafka, s3, rejected, options }) => {
  const { interval, outOfOrder, invalid, compression } = options

  kafka({ topic: 'activity', keyedBy: ({ CustomerId }: Activity) => CustomerId })
    .through(parse({ onInvalid: invalid }))
    .through(validate(activity, { onInvalid: invalid }))
    .through(eventTime(({ DateUnixMs }) => DateUnixMs, { outOfOrder, idle: seconds(10) }))
    .to(
      s3({
        prefix: 'activity',
        partitionBy: byInterval(interval),
        format: textFile(options),
        compression: compressions[compression],
        name: byCustomerAndTime(options),
      }),
    )

  rejected.to(s3({ prefix: 'rejected/activity', partitionBy: hourly({ by: 'record' }) }))
})
