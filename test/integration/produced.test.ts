import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { systemClock } from '../../lib/clock.ts'
import { kafkaLog } from '../../lib/kafka/log.ts'
import { folderStore } from '../../lib/local/store.ts'
import type { Log } from '../../lib/ports.ts'
import { type Services, startServices } from '../../lib/services/index.ts'
import { verify } from '../../lib/verify/verify.ts'
import { recordsIn } from '../pipelines/produced.ts'
import { withoutRepeats } from '../support/checker/repeats.ts'
import type { Numbered } from './relay.ts'
import { PATIENCE } from '../support/length.ts'

const RELAY = fileURLToPath(new URL('relay.ts', import.meta.url))
const EVENTS = 60_000
const KILLS = 6

let services: Services<'kafka'>
let log: Log
let folder: string

test.before(async () => {
  services = await startServices(['kafka'])
  log = await kafkaLog({ brokers: [services.kafka.url] })
  folder = await mkdtemp(join(tmpdir(), 'sluice-relay-'))
})

test.after.always(async () => {
  await log?.close()
  await services?.remove()
  await rm(folder, { recursive: true, force: true })
})

function start(): ChildProcess {
  return spawn(
    process.execPath,
    ['--disable-warning=TimeoutNegativeWarning', RELAY, services.kafka.url, folder],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
}

/** Run it, and kill it a little after it has produced something; false when it was over before. */
async function killOnce(): Promise<boolean> {
  const child = start()
  const gone = once(child, 'exit')
  await Promise.race([once(child.stdout!, 'data'), gone])
  await sleep(Math.random() * 100)
  const isKilled = child.kill('SIGKILL')
  await gone
  return isKilled && child.exitCode === null
}

const numbersOf = async (topic: string): Promise<{ lane: string; value: Numbered }[]> =>
  withoutRepeats(await recordsIn(log, topic)).map(({ partition, headers, bytes }) => ({
    lane: String(headers?.['sluice-lane'] ?? `numbers-${partition}`),
    value: JSON.parse(String(bytes)) as Numbered,
  }))

/** The numbers of every lane and key, in their order. */
const sequences = (all: readonly { lane: string; value: Numbered }[]): Map<string, string> =>
  new Map(
    [...Map.groupBy(all, ({ lane, value }) => `${lane} ${value.key}`)].map(([place, some]) => [
      place,
      some.map(({ value }) => value.n).join(),
    ]),
  )

test.serial(
  'on a real broker, a pipeline that is killed while it produces repeats messages, and a reader loses none of them',
  async (t) => {
    t.timeout(PATIENCE)
    await log.create('numbers', 3)
    await log.create('copies', 2)
    const producer = await log.producer('numbers')
    for (let n = 0; n < EVENTS; n += 5_000)
      await producer.append(
        Array.from({ length: 5_000 }, (_, i) => {
          const value = { n: n + i, key: `key_${(n + i) % 50}` }
          return { key: value.key, value: JSON.stringify({ ...value, filler: 'x'.repeat(200) }) }
        }),
      )
    await producer.close()

    let kills = 0
    while (kills < KILLS && (await killOnce())) {
      kills++
      t.pass(`${kills} kills`)
    }
    t.true(kills > 0)
    const last = start()
    const [code] = (await once(last, 'exit')) as [number | null]
    t.is(code, 0)

    const copies = await numbersOf('copies')
    t.is(copies.length, EVENTS)
    const [produced, read] = [sequences(copies), sequences(await numbersOf('numbers'))]
    const wrong = [...read].filter(([place, sequence]) => produced.get(place) !== sequence)
    t.deepEqual(
      wrong.map(([place]) => place),
      [],
    )
    const store = await folderStore(folder, { readOnly: true })
    const report = await verify({ pipeline: 'relay', store, log, clock: systemClock })
    await store.close()
    t.deepEqual(report.findings, [])
    const [topic] = report.topics ?? []
    t.log(`${kills} kills, ${topic?.repeats} repeats`)
    t.like(topic, { messages: EVENTS, found: EVENTS, pending: 0, gone: 0 })
  },
)
