import { hours, minutes } from '../../lib/duration.ts'
import type { Partial } from '../../lib/exchange/exchange.ts'
import { Events } from '../../lib/generator/events.ts'
import { jsonArray } from '../../lib/s3/format/json-array.ts'
import { jsonLines } from '../../lib/s3/format/json-lines.ts'
import { rawBytes } from '../../lib/s3/format/raw-bytes.ts'
import { hourly } from '../../lib/s3/partitioner/by-time.ts'
import type { S3Options } from '../../lib/s3/sink.ts'
import { standalone } from '../../lib/s3/standalone.ts'
import { Chunk, CHUNK_MESSAGES, type Item, type Message, Watermark } from '../../lib/message.ts'
import type { OperatorStream } from '../../lib/operator-stream.ts'
import { nowhere, plainMessage } from '../../lib/plain.ts'
import { newStores } from '../../lib/state/stores.ts'
import { memoryStore } from '../../lib/testing.ts'
import {
  batch,
  count,
  dedupe,
  distinct,
  each,
  enrich,
  eventTime,
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
import schema from '../../pipelines/ecommerce.generator.ts'
import {
  dimensions,
  type EcommerceEvent,
  ecommerceEvent,
  inRegion,
  joined,
} from '../../pipelines/ecommerce.schema.ts'
import { bound, type Case, end, messagesIn, outputOf } from './run.ts'

type Event = EcommerceEvent

const rows = new Map(
  Array.from({ length: 50 }, (_, i) => [`country_${i + 1}`, { region: `region_${i % 6}` }]),
)

/** Every operator, fed what the one before it in a pipeline makes of so many events. */
export async function casesOf(events: number): Promise<Case[]> {
  const timeOf = () => eventTime((event: Event) => event.timestamp, { outOfOrder: minutes(1) })
  const raw = rawChunks(events)
  const parsed = await outputOf(raw, parse())
  const valid = await outputOf(parsed, validate(ecommerceEvent))
  const timed = await outputOf(valid, timeOf())
  const single = await outputOf(timed, keyBy(each<Event, Dimension>(...dimensions)))
  const all = await outputOf(timed, keyBy(joined))
  const identities = { what: 'identity', number: events }

  return [
    operatorCase('parse()', raw, parse),
    operatorCase('validate(zod)', parsed, () => validate(ecommerceEvent)),
    operatorCase('eventTime', valid, timeOf),
    operatorCase('map', timed, () => map((event: Event) => event)),
    operatorCase('enrich(table)', timed, () =>
      enrich(rows, { by: (event: Event) => event.country, into: inRegion }),
    ),
    operatorCase('filter', timed, () => filter((event: Event) => event.value >= 0)),
    operatorCase('flatMap, two of one', timed, () => flatMap((event: Event) => [event, event])),
    {
      ...operatorCase('dedupe', timed, () =>
        dedupe((event: Event) => event.eventGuid, { within: hours(1e6) }),
      ),
      holds: identities,
    },
    operatorCase('keyBy, single', timed, () => keyBy(each<Event, Dimension>(...dimensions))),
    operatorCase('keyBy, joined', timed, () => keyBy(joined)),
    operatorCase('window(tumbling)', single, () => window(tumbling(hours(1)))),
    operatorCase('window(hopping), 12 at a time', single, () => window(hoppingHours())),
    ...(await reduceCases('tumbling, single', await outputOf(single, window(tumbling(hours(1)))))),
    ...(await reduceCases('tumbling, joined', await outputOf(all, window(tumbling(hours(1)))))),
    ...(await reduceCases('hopping, single', await outputOf(single, window(hoppingHours())))),
    ...(await reduceCases('hopping, joined', await outputOf(all, window(hoppingHours())))),
    operatorCase(
      'reduce, collect, a reducer of one’s own',
      await outputOf(single, window(tumbling(hours(1)))),
      reduceOwn,
      'collect',
    ),
    operatorCase('batch', timed, () => batch({ count: 100 })),
    sinkCase('s3, jsonLines', timed, { format: jsonLines() }),
    sinkCase('s3, jsonArray', timed, { format: jsonArray() }),
    sinkCase('s3, jsonLines by the hour', timed, { format: jsonLines(), partitionBy: hourly() }),
    sinkCase('s3, rawBytes', raw, { format: rawBytes() }),
  ]
}

type Dimension = (typeof dimensions)[number]

const hoppingHours = () => hopping({ size: hours(1), every: minutes(5) })

const reduceAll = (): OperatorStream =>
  reduce<Event, unknown, Record<string, number | null>>({
    count: count(),
    sum: sum((event) => event.value),
    min: min((event) => event.value),
    max: max((event) => event.value),
    mean: mean((event) => event.session_duration),
    users: distinct((event) => event.user_id),
  })

const reduceOwn = (): OperatorStream =>
  reduce<Event, unknown, { own: number }>({
    own: reducer({
      initial: () => ({ events: 0, value: 0 }),
      add: ({ events, value }, event) => ({ events: events + 1, value: value + event.value }),
      merge: (a, b) => ({ events: a.events + b.events, value: a.value + b.value }),
      result: ({ events, value }) => value / events,
    }),
  })

/** Both stages of a reduce with six reducers: the second merges what the first makes of ten epochs. */
async function reduceCases(name: string, windowed: readonly Item<unknown>[]): Promise<Case[]> {
  const one = partialsOf(messagesIn(windowed))
  const messages = messagesIn(windowed)
  const epoch = Math.ceil(messages.length / 10)
  const partials = Array.from({ length: 10 }, (_, n) =>
    partialsOf(messages.slice(n * epoch, (n + 1) * epoch)),
  ).flat()
  const chunks = chunksOf(partials.map((partial) => plainMessage(partial)))
  return [
    {
      ...operatorCase(`reduce, collect, ${name}`, windowed, reduceAll, 'collect'),
      holds: { what: 'key and pane', number: one.length },
    },
    {
      ...operatorCase(`reduce, merge, ${name}`, chunks, reduceAll, 'merge'),
      of: 'partial',
      holds: { what: 'key and pane', number: one.length },
    },
    {
      ...operatorCase(
        `reduce, merge and emit, ${name}`,
        [...chunks, new Watermark(Infinity)],
        reduceAll,
        'merge',
      ),
      of: 'partial',
    },
  ]
}

function partialsOf(messages: readonly Message<unknown>[]): Partial[] {
  const collector = reduceAll().exchange!.collect(newStores())
  const out = { emit: () => undefined, reject: () => undefined, advance: () => undefined }
  for (const message of messages) collector.message(message, out)
  return collector.take()
}

const operatorCase = (
  name: string,
  input: readonly Item<unknown>[],
  make: () => OperatorStream,
  half?: 'collect' | 'merge',
): Case => ({ name, input, of: 'event', make: () => [bound(make(), half), end()] })

/** A sink whose objects stay in memory: what is measured is the making of them. */
const sinkCase = <T>(
  name: string,
  input: readonly Item<unknown>[],
  options: Omit<S3Options<T>, 'prefix'>,
): Case => ({
  name,
  input,
  of: 'event',
  make: () => [standalone({ prefix: 'bench', ...options }, { store: memoryStore() })],
})

const chunksOf = (messages: readonly Message<unknown>[]): Chunk<unknown>[] =>
  Array.from(
    { length: Math.ceil(messages.length / CHUNK_MESSAGES) },
    (_, n) => new Chunk(messages.slice(n * CHUNK_MESSAGES, (n + 1) * CHUNK_MESSAGES)),
  )

/** Generated records as a source sends them on. */
function rawChunks(events: number): Chunk<unknown>[] {
  const plan = { schema, events, seed: 1, duplicates: 0, late: 0, malformed: 0 }
  const messages: Message<unknown>[] = []
  for (const { value } of new Events(plan).take(events)) {
    const bytes = Buffer.from(value ?? '')
    const record = { ...nowhere, topic: 'bench', partition: 0, offset: messages.length, bytes }
    messages.push({ ...plainMessage(bytes), record, verbatim: true })
  }
  return chunksOf(messages)
}
