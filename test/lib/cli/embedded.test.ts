import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { folderLog } from '../../../lib/local/log.ts'
import type { SourceRecord } from '../../../lib/message.ts'
import { folderStore } from '../../../lib/local/store.ts'
import { testFolder } from '../local/folder.ts'
import { sluice, start } from './command-line.ts'

const EVENTS = '3000'

/** How many records the topic in a folder has. */
async function recordsIn(folder: string, topic = 'ecommerce-events'): Promise<number> {
  const log = folderLog(join(folder, 'data/log'))
  const ranges = (await log.ranges(topic)) ?? []
  await log.close()
  return ranges.reduce((sum, { high }) => sum + high, 0)
}

async function keysIn(t: ExecutionContext, folder: string, prefix: string): Promise<string[]> {
  const store = await folderStore(join(folder, 'data/bucket'), { readOnly: true })
  t.teardown(() => store.close())
  const keys: string[] = []
  for await (const key of store.list(prefix)) keys.push(key)
  return keys
}

test('without services the first run generates events and writes what comes of them', async (t) => {
  const folder = testFolder(t)
  const { code, out, err } = await sluice(t, folder, 'run ecommerce', { EVENTS })
  t.is(code, 0, err)
  t.regex(err, /^neither KAFKA_BROKERS nor S3_BUCKET is set: working in the folders .*data\/log/)
  t.regex(out, /^ecommerce-events: 3,000 records in /)
  t.regex(out, /\necommerce: 3,000 records of ecommerce-events in .* peak memory \d+ MB\n/)
  t.regex(out, /\ncheck {7}npm run sluice -- verify ecommerce\n$/)
  t.is(await recordsIn(folder), 3_000)
  t.regex((await keysIn(t, folder, 'raw-json/'))[0]!, /^raw-json\/year=2025\/month=03\/day=1/)
})

test('run again it says that nothing is new', async (t) => {
  const folder = testFolder(t)
  await sluice(t, folder, 'run ecommerce', { EVENTS: '200' })
  const keys = await keysIn(t, folder, 'raw-json/')
  const { code, out, err } = await sluice(t, folder, 'run ecommerce', { EVENTS })
  t.is(code, 0, err)
  t.is(out, 'ecommerce: nothing new in ecommerce-events\n')
  t.deepEqual(await keysIn(t, folder, 'raw-json/'), keys)
})

test('EVENTS has to be a number of events', async (t) => {
  const { code, err } = await sluice(t, testFolder(t), 'run ecommerce', { EVENTS: 'many' })
  t.is(code, 2)
  t.regex(err, /\nerror: EVENTS takes a whole number of at least 1, not 'many'\n$/)
})

test('produce writes what it was asked for, and says what that was', async (t) => {
  const folder = testFolder(t)
  const plan = '--events 1000 --seed 7 --duplicates 0.1 --late 0 --malformed 0.1 --partitions 2'
  const { code, out, err } = await sluice(t, folder, `produce ecommerce --topic mine ${plan}`)
  t.is(code, 0, err)
  const numbers = out.match(/[\d,]+$/gm) ?? []
  t.is(
    numbers.reduce((sum, text) => sum + Number(text), 0),
    1_000,
  )
  t.regex(out, /^mine: 1,000 records in .*batch latency p50 \d+ ms, p99 \d+ ms/)
  t.is(await recordsIn(folder, 'mine'), 1_000)
})

test('produce takes the columns from another file', async (t) => {
  t.plan(2)
  const folder = testFolder(t)
  const columns = [
    { name: 'id', type: 'uuid' },
    { name: 'at', type: 'timestamp' },
  ]
  const schema = { from: '2024-05-01T00:00:00Z', columns }
  await writeFile(join(folder, 'mine.json'), JSON.stringify(schema))
  await sluice(t, folder, 'produce ecommerce --events 1 --partitions 1 --schema mine.json')
  const log = folderLog(join(folder, 'data/log'))
  t.teardown(() => log.close())
  for await (const { records } of log.read('ecommerce-events', 0, 0, 1)) {
    const [{ key, bytes }] = records as [SourceRecord]
    const event = JSON.parse(String(bytes)) as Record<string, unknown>
    t.deepEqual(Object.keys(event), ['id', 'at'])
    t.is(event['id'], String(key))
  }
})

/** How many records a summary speaks of. */
const recordsOf = (out: string): number =>
  Number(/^ecommerce: ([\d,]+) records/m.exec(out)?.[1]!.replaceAll(',', '') ?? 0)

for (const [signal, code] of [
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const)
  test(`${signal} ends a run cleanly with ${code}, and the next one goes on after it`, async (t) => {
    const folder = testFolder(t)
    await sluice(t, folder, 'produce ecommerce --events 50000')
    const run = start(t, folder, ['run', 'ecommerce'])
    await run.said('reading ecommerce-events (4 partitions)')
    run.child.kill(signal)
    const ended = await run.ended
    t.is(ended.code, code, ended.err)
    t.regex(ended.err, new RegExp(`${signal}: finishing what is under way`))
    const next = await sluice(t, folder, 'run ecommerce')
    t.is(next.code, 0, next.err)
    t.is(recordsOf(ended.out) + recordsOf(next.out), 50_000)
  })

test('hello greets a thousand visitors with no preparation, and says where to look', async (t) => {
  const folder = testFolder(t)
  const { code, out, err } = await sluice(t, folder, 'run hello')
  t.is(code, 0, err)
  t.regex(out, /^hello: 1,000 records of visitors/m)
  t.regex(out, /^look at {5}hello\/.* in .*data\/bucket$/m)
  t.true((await keysIn(t, folder, 'hello/')).length > 0)
  t.is((await sluice(t, folder, 'verify hello')).code, 0)
})
