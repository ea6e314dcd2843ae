import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { Kafka, logLevel } from 'kafkajs'
import { minutes, seconds } from '../../../lib/duration.ts'
import { freePort } from '../../../lib/services/ports.ts'
import { type Services, startServices } from '../../../lib/services/index.ts'
import { type TcpProxy, tcpProxy, type Weather } from '../../support/tcp-proxy.ts'
import { isLong, PATIENCE } from '../../support/length.ts'
import { ENDLESS, Trial } from '../trial/trial.ts'
import { changedAt, reached } from './zombies.ts'

const RECORDS = 100
let services: Services<'kafka' | 'versitygw'>
let proxy: TcpProxy

test.before(async () => {
  const port = await freePort()
  proxy = await tcpProxy(port)
  const listeners = { PROXY: { port, protocol: 'PLAINTEXT', advertised: proxy.port } }
  services = await startServices(['kafka', 'versitygw'], { broker: { listeners, properties: {} } })
})

test.after.always(async () => {
  await proxy?.close()
  await services?.remove()
})

async function begin(t: ExecutionContext, name: string): Promise<Trial> {
  t.timeout(PATIENCE)
  const trial = await Trial.inTest(t, name, services.environment)
  await trial.produce(RECORDS)
  return trial
}

/** Run a process through the proxy, in this weather from its second commit on, fair again after some time where that is said. */
async function weathers(
  t: ExecutionContext,
  name: string,
  weather: Weather,
  lasts?: number,
): Promise<void> {
  const trial = await begin(t, name)
  const change = (): void => {
    proxy.weather = weather
  }
  const broker = `127.0.0.1:${proxy.port}`
  const process = await changedAt(trial, 'commit.post@2', change, { broker })
  if (lasts !== undefined) {
    await sleep(lasts)
    proxy.weather = {}
  }
  t.is(await process.over, 0, process.output())
  proxy.weather = {}
  await trial.check(t)
}

test.serial(
  'connections to the broker that break again and again cost time and nothing else',
  async (t) => {
    const trial = await begin(t, 'resets')
    const steps = ['claim.post@1', 'commit.post@2', 'produce.pre@2']
    const fault = steps.map((step) => `${step}:delay=1000`).join()
    const process = trial.start({ broker: `127.0.0.1:${proxy.port}`, fault })
    await reached(process)
    for (let times = 0; times < (isLong ? 100 : 15); times++) {
      proxy.reset()
      await sleep(200)
    }
    t.is(await process.over, 0, process.output())
    await trial.check(t)
  },
)

test.serial('a broker that is far away is waited for', (t) =>
  weathers(t, 'latency', { latency: isLong ? 2_000 : 200 }),
)

test.serial(
  'batches that come twice, late, out of order and long after are read once and in order',
  async (t) => {
    const trial = await begin(t, 'unsteady')
    const process = trial.start({ patch: 'unsteady-fetches' }, ENDLESS)
    for (let times = 0; times < (isLong ? 200 : 20); times++) {
      await trial.produce(10)
      await sleep(100)
    }
    process.child.kill('SIGTERM')
    t.is(await process.over, 143, process.output())
    await trial.finish(t)
  },
)

test.serial('answers of the broker that come in pieces of 7 bytes are put together', (t) =>
  weathers(t, 'slices', { slice: 7 }),
)

for (const swallow of isLong ? (['requests', 'answers'] as const) : (['answers'] as const))
  test.serial(`a broker of which ${swallow} are lost on the way for a while is asked again`, (t) =>
    weathers(t, `hole-${swallow}`, { swallow }, isLong ? 60_000 : 2_000),
  )

for (const way of ['stop', 'kill'] as const)
  test.serial(`a process outlasts a broker that is gone by ${way} and comes back`, async (t) => {
    const trial = await begin(t, `broker-${way}`)
    const process = await changedAt(trial, 'commit.post@3', () => services.kafka[way]())
    await sleep(isLong ? minutes(10) : seconds(4))
    await services.kafka.start()
    t.is(await process.over, 0, process.output())
    await trial.check(t)
  })

for (const [what, meddle] of [
  ['stale', (group, topic) => group.set(topic, '0')],
  ['ahead of what is committed', (group, topic) => group.set(topic, String(RECORDS))],
  ['deleted', (group) => group.delete()],
] as readonly [string, (group: OffsetsOf, topic: string) => Promise<void>][])
  test.serial(`offsets of the group that are ${what} change nothing`, async (t) => {
    const name = `mirror-${what.split(' ')[0]}`
    const trial = await begin(t, name)
    const process = trial.start({ fault: 'commit.post@4:delay=500' }, ENDLESS)
    await reached(process)
    process.child.kill('SIGTERM')
    t.is(await process.over, 143, process.output())
    const group = await OffsetsOf.open(services.kafka.url, name)
    await meddle(group, name)
    await group.close()
    await trial.finish(t)
  })

/** Offsets of a group that nobody is in, as its owner changes them by hand. */
class OffsetsOf {
  readonly #admin: ReturnType<Kafka['admin']>
  readonly #group: string

  private constructor(admin: ReturnType<Kafka['admin']>, group: string) {
    this.#admin = admin
    this.#group = group
  }

  static async open(broker: string, group: string): Promise<OffsetsOf> {
    const admin = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING }).admin()
    await admin.connect()
    return new OffsetsOf(admin, group)
  }

  async set(topic: string, offset: string): Promise<void> {
    const partitions = [0, 1].map((partition) => ({ partition, offset }))
    await this.#admin.setOffsets({ groupId: this.#group, topic, partitions })
  }

  async delete(): Promise<void> {
    await this.#admin.deleteGroups([this.#group])
  }

  async close(): Promise<void> {
    await this.#admin.disconnect()
  }
}
