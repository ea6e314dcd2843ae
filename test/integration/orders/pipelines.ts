import { z } from 'zod'
import {
  byField,
  days,
  definePipeline,
  gzip,
  hourly,
  hours,
  jsonArray,
  jsonLines,
  milliseconds,
  minutes,
  nested,
  zstd,
} from '../../../lib/index.ts'
import {
  count,
  dedupe,
  each,
  enrich,
  eventTime,
  fields,
  flatMap,
  hopping,
  keyBy,
  max,
  parse,
  reduce,
  reducer,
  sum,
  tumbling,
  validate,
  window,
} from '../../../operators/index.ts'
import { askDesk } from './desk.ts'

const order = z.object({
  id: z.string().min(1),
  at: z.int(),
  country: z.string().nullable(),
  currency: z.string(),
  items: z.array(
    z.object({ sku: z.string(), category: z.string(), price: z.int(), quantity: z.int().min(1) }),
  ),
})

const rate = z.object({
  currency: z.string(),
  rate: z.coerce.number().int(),
  version: z.coerce.number().int(),
})

/** One item of an order, with what it is known by. */
const itemsOf = ({ id, country, currency, items }: z.infer<typeof order>) =>
  items.map((item, n) => ({ id: `${id}/${n}`, country, currency, ...item }))

/** The dearest item; of two as dear, the one whose name comes first. */
const dearest = () =>
  reducer({
    initial: (): { id: string; cents: number } | null => null,
    add: (best, { id, cents }: { id: string; cents: number }) => dearer(best, { id, cents }),
    merge: dearer,
    result: (best) => best?.id ?? null,
  })

function dearer<T extends { id: string; cents: number }>(one: T | null, other: T | null): T | null {
  if (one === null || other === null) return one ?? other
  if (one.cents !== other.cents) return one.cents > other.cents ? one : other
  return one.id < other.id ? one : other
}

/**
 * Orders come several to a record. Their items are looked up twice, in a table that is changed meanwhile and at a desk that never says the same twice, and go to
 * objects and to a topic; without those that were sent twice they are added up in windows that overlap and in days of a zone.
 */
export const orders = definePipeline('orders', ({ kafka, s3, table, rejected }) => {
  const rates = table({
    file: 'rates.csv',
    key: 'currency',
    schema: rate,
    refresh: milliseconds(100),
  })

  const valid = kafka({ topic: 'orders' })
    .through(parse({ format: 'ndjson' }))
    .through(validate(order))
    .through(eventTime((order) => order.at, { outOfOrder: minutes(2) }))

  valid.to(
    s3({
      prefix: 'orders/raw',
      partitionBy: nested(byField('country'), hourly()),
      compression: gzip(),
      rotate: { records: 100 },
    }),
  )

  const items = valid
    .through(flatMap(itemsOf))
    .through(
      enrich(rates, {
        by: (item) => item.currency,
        into: (item, row) => ({
          ...item,
          version: row?.version ?? 0,
          cents: item.price * item.quantity * (row?.rate ?? 0),
        }),
      }),
    )
    .through(
      enrich((item) => askDesk(item), {
        into: (item, ticket) => ({ ...item, ticket }),
        concurrency: 64,
        retries: 1,
      }),
    )

  items.to(
    s3({
      prefix: 'orders/items',
      partitionBy: byField('category'),
      compression: zstd(),
      rotate: { records: 1_000 },
    }),
  )
  items.to(kafka.to({ topic: 'order-items', key: (item) => item.sku }))

  const unique = items.through(dedupe((item) => item.id, { within: days(2) }))

  const totals = unique
    .through(keyBy(each('country', 'category')))
    .through(window(hopping({ size: hours(6), every: hours(2) })))
    .through(
      reduce({
        items: count(),
        cents: sum((item) => item.cents),
        ticket: max((item) => item.ticket),
      }),
    )
  totals.to(s3({ prefix: 'orders/totals', partitionBy: byField('dimension'), compression: zstd() }))
  totals.to(kafka.to({ topic: 'order-totals', key: (total) => total.value }))

  const daily = unique
    .through(keyBy(fields('category', 'country')))
    .through(window(tumbling(days(1), { zone: 'Europe/Vienna' }), { allowedLateness: hours(1) }))
    .through(
      reduce(
        {
          items: count(),
          cents: sum((item) => item.cents),
          dearest: dearest(),
        },
        { as: 'days' },
      ),
    )
  daily.to(
    s3({
      prefix: 'orders/days',
      partitionBy: byField('category'),
      format: jsonArray(),
      compression: gzip(),
    }),
  )
  daily.to(kafka.to({ topic: 'order-days', key: () => null }))

  rejected.to(
    s3({
      prefix: 'orders/rejected',
      partitionBy: hourly({ by: 'record' }),
      compression: gzip(),
      rotate: { records: 50 },
    }),
  )
  rejected.to(kafka.to({ topic: 'order-letters', key: ({ operator }) => operator }))
})

/** The topic of items, archived: what the pipeline of orders has produced twice is not to be here. */
export const copies = definePipeline('copies', ({ kafka, s3 }) => {
  kafka({ topic: 'order-items' })
    .through(parse())
    .to(s3({ prefix: 'copies', format: jsonLines(), compression: gzip() }))
})
