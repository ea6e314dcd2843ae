// Compile-time tests: `tsc` checks this file, nothing runs it.
import { z } from 'zod'
import { days, hours, minutes } from '../../lib/duration.ts'
import type { Flow } from '../../lib/flow.ts'
import { definePipeline } from '../../lib/index.ts'
import {
  batch,
  count,
  dedupe,
  distinct,
  each,
  enrich,
  eventTime,
  fields,
  filter,
  flatMap,
  hopping,
  keyBy,
  map,
  max,
  mean,
  min,
  parse,
  reduce,
  reducer,
  sum,
  tumbling,
  validate,
  window,
} from '../../operators/index.ts'

type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
type RowOf<F> = F extends Flow<infer R> ? R : never
const expect = <T extends true>(): T | undefined => undefined

interface View {
  guid: string
  at: number
  country: string | null
  device?: string
  seconds: number
  page: { url: string }
}

declare const records: Flow<Buffer | null>
declare const views: Flow<View>

// The chain infers every event, with no annotation.
const timed = views
  .through(eventTime((view) => view.at, { outOfOrder: minutes(1) }))
  .through(dedupe((view) => view.guid, { within: hours(1) }))
expect<Equal<typeof timed, Flow<View>>>()

const hourly = timed
  .through(keyBy(fields('country', 'device')))
  .through(window(tumbling(hours(1)), { allowedLateness: minutes(5) }))
const totals = hourly.through(
  reduce({
    events: count(),
    seconds: sum((view) => view.seconds),
    shortest: min((view) => view.seconds),
    longest: max((view) => view.seconds),
    usual: mean((view) => view.seconds),
    visitors: distinct((view) => view.guid),
  }),
)
interface Totals {
  readonly country: string | null
  readonly device: string | null
  readonly window: { readonly start: number; readonly end: number }
  readonly events: number
  readonly seconds: number
  readonly shortest: number | null
  readonly longest: number | null
  readonly usual: number | null
  readonly visitors: number
}
declare const row: typeof totals extends Flow<infer R> ? R : never
expect<Equal<{ [K in keyof typeof row]: (typeof row)[K] }, { [K in keyof Totals]: Totals[K] }>>()

// A reducer of one's own infers its event from the flow, and its total from what it begins as.
const own = hourly.through(
  reduce({
    events: count(),
    last: reducer({
      initial: () => ({ time: -1, seconds: 0 }),
      add: (last, view, time) => (time > last.time ? { time, seconds: view.seconds } : last),
      merge: (last, other) => (other.time > last.time ? other : last),
      result: (last) => last.seconds,
    }),
    bits: reducer({
      initial: () => 0,
      add: (bits, view) => bits | view.seconds,
      merge: (bits, other) => bits | other,
    }),
  }),
)
expect<
  Equal<Pick<RowOf<typeof own>, 'last' | 'bits'>, { readonly last: number; readonly bits: number }>
>()

hourly.through(
  reduce({
    own: reducer({
      initial: () => 0,
      // @ts-expect-error no such field
      add: (n, view) => n + view.minutes,
      merge: (n, other) => n + other,
    }),
  }),
)

hourly.through(
  reduce({
    // @ts-expect-error a total stays what it began as
    own: reducer({ initial: () => 0, add: (_, view) => view.guid, merge: (a, b) => a + b }),
  }),
)

const single = timed
  .through(keyBy(each('country', 'device')))
  .through(window(tumbling(hours(1))))
  .through(reduce({ events: count() }))
expect<
  Equal<
    typeof single extends Flow<infer R> ? R : never,
    {
      readonly dimension: 'country' | 'device'
      readonly value: string
      readonly window: { readonly start: number; readonly end: number }
      readonly events: number
    }
  >
>()

const byText = timed
  .through(keyBy((view) => `${view.country}/${view.device}`))
  .through(window(tumbling(hours(1))))
  .through(reduce({ events: count() }))
expect<Equal<(typeof byText extends Flow<infer R> ? R : never)['key'], string>>()

expect<Equal<ReturnType<typeof lengths>, Flow<number>>>()
const lengths = () => views.through(map((view) => view.page.url.length))

expect<Equal<ReturnType<typeof letters>, Flow<string>>>()
const letters = () => views.through(flatMap((view) => new Set(view.guid)))

// @ts-expect-error one event is no list of events
views.through(flatMap((view) => view.seconds))

// The record that an event was read from is at hand.
expect<Equal<ReturnType<typeof topics>, Flow<{ topic: string; seconds: number }>>>()
const topics = () => views.through(map(({ seconds }, { topic }) => ({ topic, seconds })))

// @ts-expect-error no such part of a record
views.through(filter((_, record) => record.subject === 'a'))

const batches = views.through(batch({ count: 10 }))
expect<Equal<typeof batches, Flow<View[]>>>()

expect<Equal<ReturnType<typeof known>, Flow<View>>>()
const known = () => views.through(filter((view) => view.country !== null))

// What a look-up answers is what the event is combined with.
interface Place {
  city: string
}
declare const locate: (device: string | undefined) => Promise<Place | undefined>
const placed = views.through(
  enrich((view) => locate(view.device), {
    into: (view, place) => ({ guid: view.guid, city: place?.city ?? null }),
    concurrency: 8,
    cache: { size: 1_000, age: minutes(5), by: (view) => view.guid },
  }),
)
expect<Equal<typeof placed, Flow<{ guid: string; city: string | null }>>>()
const atOnce = views.through(
  enrich((view) => view.seconds, { into: (_, n) => n, onFailure: 'fail' }),
)
expect<Equal<typeof atOnce, Flow<number>>>()

// Rows are what their schema says; without one, texts by column.
definePipeline('tables', ({ table }) => {
  const rate = z.object({ country: z.string(), rate: z.coerce.number() })
  const rates = table({ object: 'rates.csv', key: 'country', schema: rate })
  const rated = views.through(
    enrich(rates, {
      by: (view) => view.country,
      into: (view, row) => view.seconds * (row?.rate ?? 1),
    }),
  )
  expect<Equal<typeof rated, Flow<number>>>()
  const names = table({ file: 'names.csv', key: 'country' })
  const named = views.through(
    enrich(names, { by: (view) => view.device, into: (_, row) => row?.['name'] }),
  )
  expect<Equal<typeof named, Flow<string | undefined>>>()

  // @ts-expect-error no such column
  views.through(enrich(rates, { by: (view) => view.country, into: (_, row) => row?.price }))

  // @ts-expect-error a key is a text
  views.through(enrich(rates, { by: (view) => view.seconds, into: (view) => view }))
})

// An event that is passed on when its look-up fails is one of both.
const passed = views.through(
  enrich((view) => locate(view.device), { into: (_, place) => place, onFailure: 'pass' }),
)
expect<Equal<typeof passed, Flow<View | Place | undefined>>>()

type Shape = { kind: 'dot' } | { kind: 'circle'; radius: number }
declare const shapes: Flow<Shape>
const circles = shapes.through(filter((shape) => shape.kind === 'circle'))
expect<Equal<typeof circles, Flow<{ kind: 'circle'; radius: number }>>>()

// A schema gives its type: what it reads, or what it makes of it.
const schema = z.looseObject({ guid: z.string(), tags: z.array(z.string()).default([]) })
const read = records.through(parse()).through(validate(schema))
expect<Equal<typeof read, Flow<z.input<typeof schema>>>>()
const made = records.through(parse()).through(validate(schema, { transform: true }))
expect<Equal<typeof made, Flow<z.output<typeof schema>>>>()

const fitting = records.through(parse()).through(validate(schema, { onInvalid: 'drop' }))
expect<Equal<typeof fitting, Flow<z.input<typeof schema>>>>()

// @ts-expect-error no such answer
validate(schema, { onInvalid: 'ignore' })

// What a value holds gives the type of its events.
const texts = records.through(parse({ format: 'text' }))
expect<Equal<typeof texts, Flow<string>>>()
const raw = records.through(parse({ format: 'bytes', maxBytes: 1_000 }))
expect<Equal<typeof raw, Flow<Buffer>>>()
const perLine = records.through(parse<View>({ format: 'ndjson', integers: 'exact' }))
expect<Equal<typeof perLine, Flow<View>>>()
const perElement = records.through(parse({ format: 'json-array' }))
expect<Equal<typeof perElement, Flow<unknown>>>()

// @ts-expect-error a text has no integers
parse({ format: 'text', integers: 'exact' })

// @ts-expect-error no such format
parse({ format: 'csv' })

// The known fields of an object that may have others are still fields.
read.through(keyBy(fields('guid')))
// @ts-expect-error not one of the known fields
read.through(keyBy(fields('guids')))

// Any windows fit, and results say which.
const weekly = timed
  .through(keyBy(fields('country')))
  .through(window(hopping({ size: days(7), every: days(1), zone: 'Europe/Berlin' })))
  .through(reduce({ events: count() }))
expect<Equal<(typeof weekly extends Flow<infer R> ? R : never)['window']['end'], number>>()

// @ts-expect-error windows that hop say how often they begin
hopping({ size: hours(1) })

// @ts-expect-error a window needs a key
timed.through(window(tumbling(hours(1))))

// @ts-expect-error reduce needs a window
timed.through(keyBy(fields('country'))).through(reduce({ events: count() }))

// @ts-expect-error no such field
views.through(dedupe((view) => view.id, { within: hours(1) }))

// @ts-expect-error no such field
views.through(enrich((view) => locate(view.gadget), { into: (view) => view }))

// @ts-expect-error a key of the cache is a text
views.through(enrich(() => 1, { into: (view) => view, cache: { size: 1, age: 1, by: () => 5 } }))

// @ts-expect-error no such field
views.through(eventTime((view) => view.time, { outOfOrder: minutes(1) }))

// @ts-expect-error no such field
views.through(keyBy(fields('country', 'city')))

// @ts-expect-error no such field
views.through(keyBy(each('country', 'city')))

// @ts-expect-error an object cannot be a part of a key
views.through(keyBy(fields('page')))

// @ts-expect-error an event time is a number
views.through(eventTime((view) => view.guid, { outOfOrder: minutes(1) }))

// @ts-expect-error an identity is a text
views.through(dedupe((view) => view.at, { within: hours(1) }))

// @ts-expect-error the sum of a text
hourly.through(reduce({ guids: sum((view) => view.guid) }))

// @ts-expect-error no such field
hourly.through(reduce({ seconds: sum((view) => view.minutes) }))

// @ts-expect-error events cannot be parsed
views.through(parse())

// Tombstones can be dropped, or be given a value, before they are read.
const alive = records.through(filter((bytes) => bytes !== null)).through(parse<View>())
expect<Equal<typeof alive, Flow<View>>>()
records.through(map((bytes) => bytes ?? Buffer.from('null'))).through(parse<View | null>())

// A tombstone that is kept is null, in every format.
const kept = records.through(parse<View>({ format: 'connect-json', tombstones: 'keep' }))
const keptText = records.through(parse({ format: 'text', tombstones: 'keep' }))
const dropped = records.through(parse<View>({ tombstones: 'drop' }))
expect<Equal<RowOf<typeof kept>, View | null>>()
expect<Equal<RowOf<typeof keptText>, string | null>>()
expect<Equal<RowOf<typeof dropped>, View>>()

// @ts-expect-error null has no fields
kept.through(eventTime((view) => view.at, { outOfOrder: 0 }))

// Its record has a time, and a key.
kept
  .through(eventTime((view, record) => view?.at ?? record.timestamp, { outOfOrder: 0 }))
  .through(dedupe((_, { key, offset }) => `${String(key)}-${offset}`, { within: 1 }))
  .through(keyBy((view, { key }) => view?.guid ?? String(key)))

// @ts-expect-error another word
parse({ tombstones: 'ignore' })
