// Compile-time test of docs/look-ups.md: `test/readme/readme.test.ts` sees to it that its blocks are in here as they stand there.
import { z } from 'zod'
import type { Flow } from '../../lib/flow.ts'
import { definePipeline, minutes, seconds } from '../../lib/index.ts'
import { enrich, parse, validate } from '../../operators/index.ts'

const rate = z.object({ currency: z.string(), rate: z.coerce.number() })
const order = z.object({ currency: z.string(), total: z.number() })

export default definePipeline('orders', ({ kafka, s3, table }) => {
  const rates = table({ file: 'tables/rates.csv', key: 'currency', schema: rate })

  kafka({ topic: 'orders' })
    .through(parse())
    .through(validate(order))
    .through(
      enrich(rates, {
        by: (order) => order.currency,
        into: (order, row) => ({ ...order, euros: order.total * (row?.rate ?? NaN) }),
      }),
    )
    .to(s3({ prefix: 'orders' }))
})

declare const visits: Flow<{ ip: string }>
declare const geo: {
  lookup(ip: string, options: { signal: AbortSignal }): Promise<{ city: string }>
}

export const located = visits.through(
  enrich((visit, { signal }) => geo.lookup(visit.ip, { signal }), {
    into: (visit, place) => ({ ...visit, place }),
    concurrency: 16,
    timeout: seconds(2),
    retries: 3,
    cache: { size: 10_000, age: minutes(5), by: (visit) => visit.ip },
    onFailure: 'reject',
  }),
)
