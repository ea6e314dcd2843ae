import {
  byField,
  days,
  definePipeline,
  duration,
  hourly,
  integer,
  jsonLines,
  minutes,
} from '../lib/index.ts'
import {
  count,
  each,
  enrich,
  eventTime,
  filter,
  keyBy,
  map,
  mean,
  parse,
  reduce,
  sum,
  tumbling,
  validate,
  window,
} from '../operators/index.ts'
import { averageOfDay, countryRow, revenueOfRegion, sale, ZONE } from './sales.schema.ts'

const options = {
  maxPollRecords: integer(500, 'most records of one chunk'),
  outOfOrder: duration(minutes(1), 'how far behind the newest sale another may be'),
}

export default definePipeline('sales', options, ({ kafka, s3, table, rejected, options }) => {
  const regions = table({
    file: new URL('./sales.regions.csv', import.meta.url),
    key: 'country',
    schema: countryRow,
  })

  // a sale that was sent twice counts twice: to know it, all identities of a day would have to be remembered
  const sales = kafka({
    topic: 'sales',
    maxPollRecords: options.maxPollRecords,
  })
    .through(parse())
    .through(validate(sale))
    .through(eventTime((event) => event.soldAt, { outOfOrder: options.outOfOrder }))
    .through(
      enrich(regions, {
        by: (event) => event.country,
        into: (event, row) => ({ ...event, region: row?.region ?? 'elsewhere', market: 'all' }),
      }),
    )

  const totals = sales
    .through(keyBy(each('region', 'market')))
    .through(window(tumbling(days(1), { zone: ZONE })))
    .through(
      reduce({
        sales: count(),
        average: mean((event) => event.amount),
        revenue: sum((event) => event.amount),
      }),
    )

  const averages = totals
    .through(filter(({ dimension }) => dimension === 'market'))
    .through(map(averageOfDay))
  averages.to(s3({ prefix: 'sales/average', partitionBy: byField('day'), format: jsonLines() }))
  averages.to(kafka.to({ topic: 'sales-average', key: ({ day }) => day }))

  const revenues = totals
    .through(filter(({ dimension }) => dimension === 'region'))
    .through(map(revenueOfRegion))
  revenues.to(s3({ prefix: 'sales/revenue', partitionBy: byField('day'), format: jsonLines() }))
  revenues.to(kafka.to({ topic: 'sales-revenue', key: ({ region }) => region }))

  rejected.to(s3({ prefix: 'sales/rejected', partitionBy: hourly({ by: 'record' }) }))
})
