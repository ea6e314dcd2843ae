import { seconds } from '../../../lib/duration.ts'
import {
  byField,
  definePipeline,
  hours,
  jsonArray,
  jsonLines,
  minutes,
} from '../../../lib/index.ts'
import type { Log, ObjectStore } from '../../../lib/ports.ts'
import { runPipeline } from '../../../lib/run/run.ts'
import {
  memoryLog,
  type MemoryLog,
  type MemoryStore,
  memoryStore,
  virtualClock,
} from '../../../lib/testing.ts'
import {
  count,
  dedupe,
  eventTime,
  fields,
  keyBy,
  parse,
  reduce,
  tumbling,
  window,
} from '../../../operators/index.ts'

interface View {
  readonly guid: string
  readonly at: number
  readonly page: string
}

/** All that an audit has to look at: arrays and lines, objects that end with a commit and others that are carried over it, rejects, an exchange. */
export const views = definePipeline('views', ({ kafka, s3, rejected }) => {
  const all = kafka({ topic: 'views' })
    .through(parse<View>())
    .through(eventTime((view) => view.at, { outOfOrder: minutes(1) }))

  all.to(s3({ prefix: 'raw', partitionBy: byField('page'), format: jsonArray() }))
  all.to(s3({ prefix: 'lines', format: jsonLines(), rotate: { records: 70 } }))

  all
    .through(dedupe((view) => view.guid, { within: hours(1) }))
    .through(keyBy(fields('page')))
    .through(window(tumbling(hours(1))))
    .through(reduce({ views: count() }))
    .to(s3({ prefix: 'hourly' }))

  rejected.to(s3({ prefix: 'rejected' }))
})

const START = Date.parse('2024-01-01T00:00:00Z')
const MINUTE = minutes(1)

/** Append so many views, one a minute over three pages and both partitions, every fiftieth a duplicate or malformed. */
export async function append(log: Log, from: number, to: number): Promise<void> {
  const producer = await log.producer('views')
  const view = (n: number) => ({ guid: `guid-${n}`, at: START + n * MINUTE, page: `page-${n % 3}` })
  for (let n = from; n < to; n++) {
    const value = n % 50 === 49 ? '{' : JSON.stringify(view(n % 50 === 25 ? n - 2 : n))
    await producer.append([{ key: null, value, partition: n % 2, timestamp: START + n * MINUTE }])
  }
  await producer.close()
}

/** Run it on ports in memory: to the end of the log, or for so many ms and then stopped as by SIGTERM. */
export async function run(
  log: Log,
  store: ObjectStore,
  ms = Infinity,
  at = '2024-01-01T12:00:00Z',
  pipeline = views,
): Promise<void> {
  const clock = virtualClock(at)
  const stop = new AbortController()
  const work = runPipeline({
    pipeline,
    log,
    store,
    clock,
    untilEnd: ms === Infinity,
    commitEvery: seconds(10),
    memory: 64 * 1024 * 1024,
    signal: stop.signal,
  })
  if (ms < Infinity) void clock.sleep(ms).then(() => stop.abort())
  await clock.run(work)
}

/** What two runs over 400 views have left: the first to its end, the second stopped while objects were open. */
export async function twoRuns(): Promise<{ log: MemoryLog; store: MemoryStore }> {
  const log = memoryLog()
  const store = memoryStore()
  await log.create('views', 2)
  await append(log, 0, 250)
  await run(log, store)
  await append(log, 250, 400)
  await run(log, store, seconds(25))
  return { log, store }
}
