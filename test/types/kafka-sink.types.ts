// Compile-time tests: `tsc` checks this file, nothing runs it.
import { hours } from '../../lib/duration.ts'
import type { Flow } from '../../lib/flow.ts'
import type { Context, Rejected } from '../../lib/pipeline.ts'
import { count, fields, keyBy, reduce, tumbling, window } from '../../operators/index.ts'

interface View {
  guid: string
  country: string | null
  seconds: number
}

declare const views: Flow<View>
declare const rejected: Flow<Rejected>
declare const kafka: Context<Record<never, never>>['kafka']

// The event is inferred from the flow, with no annotation.
views.to(kafka.to({ topic: 'views', key: (view) => view.country }))
views.to(
  kafka.to({
    topic: 'views',
    key: (view) => Buffer.from(view.guid),
    value: ({ seconds }) => (seconds < 0 ? null : { seconds }),
    headers: ({ guid }) => ({ guid }),
  }),
)
rejected.to(kafka.to({ topic: 'dead-letters', key: ({ key }) => key }))

// A result has its key's columns, its window and a field for each reducer.
const totals = views
  .through(keyBy(fields('country')))
  .through(window(tumbling(hours(1))))
  .through(reduce({ views: count() }))
totals.to(kafka.to({ topic: 'totals', key: ({ country }) => country, value: (row) => row.views }))

// @ts-expect-error no such field
views.to(kafka.to({ topic: 'views', key: (view) => view.city }))

// @ts-expect-error a key is text, bytes or null
views.to(kafka.to({ topic: 'views', key: (view) => view.seconds }))

// @ts-expect-error a message needs a key, if only null
views.to(kafka.to({ topic: 'views' }))

// @ts-expect-error headers are texts
views.to(kafka.to({ topic: 'views', key: () => null, headers: ({ seconds }) => ({ seconds }) }))

// @ts-expect-error no such field of a result
totals.to(kafka.to({ topic: 'totals', key: ({ device }) => device }))
