import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { kafkaLog } from '../../lib/kafka/log.ts'
import type { Headers, SourceRecord } from '../../lib/message.ts'
import type { Log } from '../../lib/ports.ts'
import { type Services, startServices } from '../../lib/services/index.ts'
import { environmentWith } from '../support/environment.ts'
import { java } from './java.ts'
import { Reading } from './kafka-reading.ts'
import { PATIENCE } from '../support/length.ts'

/** A record as Kafka's own consumer gives it, its bytes in base64. */
interface Read {
  readonly offset: number
  readonly timestamp: number
  readonly key: string | null
  readonly value: string | null
  readonly headers: readonly (readonly [name: string, value: string | null])[]
}

type Line = { readonly topic: string; readonly partition: number } & (
  Read | { readonly end: number }
)

/** What a partition holds for those who read what is committed. */
interface Expected {
  readonly records: Read[]
  end: number
}

let services: Services<'kafka' | 'versitygw'>
let log: Log
/** By topic and partition. */
const expected = new Map<string, Map<number, Expected>>()

test.before(async () => {
  services = await startServices(['kafka', 'versitygw'], {
    broker: { listeners: {}, properties: { 'log.cleaner.backoff.ms': '100' } },
  })
  const lines = await java(join(import.meta.dirname, 'OtherTopics.java'), services.kafka.url)
  for (const line of lines.trim().split('\n')) note(JSON.parse(line) as Line)
  log = await kafkaLog({ brokers: [services.kafka.url] })
})

test.after.always(async () => {
  await log?.close()
  await services?.remove()
})

function note({ topic, partition, ...what }: Line): void {
  const partitions = expected.get(topic) ?? new Map<number, Expected>()
  expected.set(topic, partitions)
  const known = partitions.get(partition) ?? { records: [], end: 0 }
  partitions.set(partition, known)
  if ('end' in what) known.end = what.end
  else known.records.push(what)
}

const base64 = (bytes: Buffer | null) => bytes && bytes.toString('base64')

const asRead = ({ offset, timestamp, key, bytes, headers }: SourceRecord): Read => ({
  offset,
  timestamp,
  key: base64(key),
  value: base64(bytes),
  headers: inOrder(headers),
})

/** Names in the order in which each comes first; its values together, null as empty. */
function inOrder(headers: Headers | undefined): [string, string][] {
  return Object.entries(headers ?? {}).flatMap(([name, values]) =>
    [values].flat().map((value): [string, string] => [base64(Buffer.from(name))!, base64(value)!]),
  )
}

function together({ headers, ...record }: Read): Read {
  const byName = Map.groupBy(headers, ([name]) => name)
  return { ...record, headers: [...byName.values()].flat().map(([name, v]) => [name, v ?? '']) }
}

const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

for (const topic of [
  ...CODECS,
  'recompressed',
  'shapes',
  'append-time',
  'compacted',
  'transactions',
])
  test(`${topic}: what is read is what Kafka’s own consumer reads, record by record`, async (t) => {
    t.timeout(PATIENCE)
    const ranges = (await log.ranges(topic))!
    const partitions = expected.get(topic)!
    t.deepEqual(
      ranges.map(({ high }) => high),
      ranges.map(({ partition }) => partitions.get(partition)!.end),
    )
    const reading = await Reading.join(log, topic, topic)
    t.teardown(() => reading.group.leave())
    for (const { partition, low, high } of ranges) {
      const records = partitions.get(partition)!.records.map(together)
      t.true(records.length > 0)
      reading.start(partition, low)
      await reading.reaches(partition, high)
      const ofGroup = reading.batches.filter((batch) => batch.partition === partition)
      t.deepEqual(ofGroup.flatMap((batch) => batch.records).map(asRead), records)
      const ofRange: Read[] = []
      for await (const batch of log.read(topic, partition, low, high))
        ofRange.push(...batch.records.map(asRead))
      t.deepEqual(ofRange, records)
    }
    t.deepEqual(reading.failures, [])
  })

test('the topics are what they are said to be', (t) => {
  const recordsOf = (topic: string) =>
    [...expected.get(topic)!.values()].flatMap(({ records }) => records)
  for (const codec of CODECS) t.is(recordsOf(codec).length, 3_002)
  const gaps = recordsOf('compacted')
  t.true(gaps.length < gaps.at(-1)!.offset / 2)
  t.true(recordsOf('append-time').every(({ timestamp }) => timestamp > 1_700_000_000_000))
  t.is(recordsOf('shapes').filter(({ value }) => value === null).length, 2)
  const values = recordsOf('transactions').map(({ value }) => Buffer.from(value!, 'base64'))
  t.is(values.length, 3 * (1 + 2 + 1 + 6 + 1))
  t.false(values.some((value) => /aborted,|open|behind|round [0369]/.test(String(value))))
})

test('a run to the end ends before a transaction that is open, and is verified', async (t) => {
  t.timeout(PATIENCE)
  const cwd = await mkdtemp(join(tmpdir(), 'sluice-transactions-'))
  t.teardown(() => rm(cwd, { recursive: true }))
  const sluice = async (...words: string[]) => {
    const start = join(import.meta.dirname, '../../lib/cli/start.mjs')
    const env = environmentWith(services.environment)
    const { stdout } = await promisify(execFile)(process.execPath, [start, ...words], { cwd, env })
    return stdout
  }
  await sluice('run', 'ecommerce', '--until-end', '--topic', 'transactions')
  const [{ records }] = [...expected.get('transactions')!.values()] as [Expected]
  const verified = await sluice('verify', 'ecommerce', '--topic', 'transactions')
  t.regex(verified, new RegExp(`^verified: ${records.length} records`, 'm'))
})
