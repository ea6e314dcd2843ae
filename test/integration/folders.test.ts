import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { allocatorSettings, heapFlags } from '../../lib/cli/heap.ts'
import { openPorts } from '../../lib/cli/ports.ts'
import { startServices } from '../../lib/services/index.ts'
import { isLong, PATIENCE } from '../support/length.ts'
import {
  command,
  hasCommitted,
  hasEnded,
  startNode,
  using,
  type World,
  worldOf,
} from './commands.ts'

const RUN = fileURLToPath(new URL('folders/run.ts', import.meta.url))

/** How much there is of what. */
interface Size {
  readonly users: number
  readonly records: number
  readonly partitions: number
  readonly kills: number
}

/** `npm test -- --long test/integration/folders.test.ts` takes a million records. */
const LONG: Size = { users: 5_000, records: 1_000_000, partitions: 4, kills: 10 }
const SHORT: Size = { users: 5_000, records: 150_000, partitions: 1, kills: 3 }
/** A request for every object is most of what there is to do on a real store. */
const SHORTER: Size = { users: 2_000, records: 100_000, partitions: 1, kills: 2 }

const MOST_MEMORY = 256 * 1024 * 1024

const PAD = 'x'.repeat(200)

/** About 250 bytes, in no order of users. */
const eventOf = (n: number, users: number): string =>
  JSON.stringify({ user: (Math.imul(n, 0x9e3779b1) >>> 0) % users, n, pad: PAD })

async function produce(world: World, { users, records, partitions }: Size): Promise<void> {
  const ports = await openPorts({ variables: world.environment, root: world.folder })
  try {
    await ports.log.create('events', partitions)
    const producer = await ports.log.producer('events')
    for (let from = 0; from < records; from += 10_000)
      await producer.append(
        Array.from({ length: Math.min(10_000, records - from) }, (_, i) => ({
          key: String(from + i),
          value: eventOf(from + i, users),
        })),
      )
    await producer.close()
  } finally {
    await ports.close()
  }
}

/** Keys and hashes of what has to be there: an object for each user and partition, with all rows in order. */
const expected = (world: World): Promise<Map<string, string>> =>
  using(world, async ({ log }) => {
    const objects = new Map<string, { key: string; hash: ReturnType<typeof createHash> }>()
    for (const { partition, low, high } of (await log.ranges('events')) ?? [])
      for await (const { records } of log.read('events', partition, low, high))
        for (const { offset, bytes } of records) {
          const { user } = JSON.parse(String(bytes)) as { user: number }
          const place = `${partition}/${user}`
          const name = `events+${partition}+${String(offset).padStart(10, '0')}.json`
          const known = objects.get(place) ?? {
            key: `users/user=${user}/${name}`,
            hash: createHash('sha256'),
          }
          known.hash.update(bytes ?? '').update('\n')
          objects.set(place, known)
        }
    return new Map([...objects.values()].map(({ key, hash }) => [key, hash.digest('hex')]))
  })

const found = (world: World): Promise<Map<string, string>> =>
  using(world, async ({ store }) => {
    const objects = new Map<string, string>()
    for await (const key of store.list('users/')) {
      const bytes = (await store.get(key)) ?? ''
      objects.set(key, createHash('sha256').update(bytes).digest('hex'))
    }
    return objects
  })

async function laysOut(
  t: ExecutionContext,
  services: Readonly<Record<string, string>>,
  size: Size,
): Promise<void> {
  t.timeout(PATIENCE)
  const world = await worldOf(t, { ...allocatorSettings(['run']), ...services })
  await produce(world, size)
  const run = () => startNode(world, [...heapFlags(['run']), RUN])
  const lanes = { pipeline: 'folders', topic: 'events', partitions: size.partitions }
  let killed = 0
  for (let kills = 0; kills < size.kills; kills++) {
    const started = run()
    const { child, over } = started
    while (!hasEnded(started) && !(await hasCommitted(world, lanes, child.pid))) await sleep(100)
    await sleep(Math.random() * 300)
    child.kill('SIGKILL')
    await over
    if (child.signalCode === 'SIGKILL') killed++
  }
  t.true(killed > 0, 'every run was over before')
  const { over, output } = run()
  t.is(await over, 0, output())
  const { peak } = JSON.parse(output().trim().split('\n').at(-1)!) as { peak: number }
  t.true(peak <= MOST_MEMORY, `${peak} bytes`)
  t.log(`${size.records} records, ${size.kills} kills, peak memory ${Math.round(peak / 1e6)} MB`)
  const verify = await command(world, 'verify', 'folders')
  t.is(verify.code, 0, verify.output)
  const objects = await found(world)
  t.true(objects.size > size.users * 0.99)
  t.deepEqual(Object.fromEntries(objects), Object.fromEntries(await expected(world)))
}

test.serial('on folders, thousands of open objects survive kills within the memory', (t) =>
  laysOut(t, {}, isLong ? LONG : SHORT),
)

test.serial(
  'on Kafka and versitygw, thousands of open objects survive kills within the memory',
  async (t) => {
    const services = await startServices(['kafka', 'versitygw'])
    t.teardown(() => services.remove())
    await laysOut(t, services.environment, isLong ? LONG : SHORTER)
  },
)
