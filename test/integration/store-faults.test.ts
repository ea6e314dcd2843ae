import test from 'ava'
import { startThrottle } from '../../bench/backpressure/throttle.ts'
import { systemClock } from '../../lib/clock.ts'
import { seconds } from '../../lib/duration.ts'
import { byField, definePipeline } from '../../lib/index.ts'
import type { ObjectStore } from '../../lib/ports.ts'
import { retry } from '../../lib/retry.ts'
import { runPipeline } from '../../lib/run/run.ts'
import { s3Store } from '../../lib/s3/client.ts'
import { type Services, startServices } from '../../lib/services/index.ts'
import { memoryLog } from '../../lib/testing.ts'
import { verify } from '../../lib/verify/verify.ts'
import { parse } from '../../operators/index.ts'
import { type Asked, faultyProxy, type Treatment } from '../support/faulty-proxy.ts'
import { PATIENCE } from '../support/length.ts'

interface Event {
  readonly n: number
  readonly folder: number
  readonly filler: string
}

const EVENTS = 24_000
const FOLDERS = 20

let services: Services<'versitygw'>

test.before(async () => {
  services = await startServices(['versitygw'])
})

test.after.always(() => services?.remove())

/** Objects of two parts, and small ones. */
const archive = (name: string) =>
  definePipeline(name, ({ kafka, s3 }) => {
    const events = kafka({ topic: 'events' }).through(parse<Event>())
    events.to(s3({ prefix: `${name}/large`, rotate: { bytes: 9 * 1024 ** 2 } }))
    events.to(s3({ prefix: `${name}/small`, partitionBy: byField('folder') }))
  })

async function events() {
  const log = memoryLog({ batchRecords: 500 })
  await log.create('events', 1)
  const producer = await log.producer('events')
  const filler = 'x'.repeat(800)
  const values = Array.from({ length: EVENTS }, (_, n): string =>
    JSON.stringify({ n, folder: n % FOLDERS, filler } satisfies Event),
  )
  await producer.append(values.map((value) => ({ key: null, value })))
  await producer.close()
  return { log, values }
}

const isCompletion = ({ method, path }: Asked): boolean =>
  method === 'POST' && path.includes('uploadId=')

/** The services' bucket behind a proxy. */
function storeAt(endpoint: string): ObjectStore {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, S3_BUCKET } = services.environment
  const credentials = {
    accessKeyId: String(AWS_ACCESS_KEY_ID),
    secretAccessKey: String(AWS_SECRET_ACCESS_KEY),
  }
  // on a busy machine the answer to a whole part takes a while
  return s3Store({ bucket: String(S3_BUCKET), endpoint, credentials, silence: seconds(2) })
}

/** Treats every nth of some requests so. A large bundle is written again as a whole, by four requests: rarer than that, or it never is. */
function every(nth: number, treatment: Treatment, ofThese: (asked: Asked) => boolean = () => true) {
  let seen = 0
  return (asked: Asked): Treatment => (ofThese(asked) && ++seen % nth === 0 ? treatment : 'pass')
}

const isPut = ({ method }: Asked): boolean => method === 'PUT'
const isWrite = ({ method }: Asked): boolean => method !== 'GET' && method !== 'HEAD'

const faults: Readonly<Record<string, [title: string, treat: (asked: Asked) => Treatment]>> = {
  silent: ['never answers every twentieth request', every(20, 'silence')],
  busy: [
    'refuses more than two requests at a time',
    ({ underWay }) => (underWay > 2 ? 'slow down' : 'pass'),
  ],
  broken: ['breaks every fifth body off', every(5, 'reset', isPut)],
  lost: [
    'does what it is asked and says nothing of every seventh write',
    every(7, 'lost answer', isWrite),
  ],
  failing: [
    'reports an error as a success of every second completion',
    every(2, 'error in answer', isCompletion),
  ],
  lying: [
    'reports an error of every second completion that it has done',
    every(2, 'error in answer, though done', isCompletion),
  ],
}

for (const [name, [title, treat]] of Object.entries(faults))
  test.serial(`of a store that ${title}, nothing is lost or doubled`, async (t) => {
    t.timeout(PATIENCE)
    const proxy = await faultyProxy(services.versitygw.url)
    const store = storeAt(proxy.url)
    t.teardown(async () => {
      await store.close()
      await proxy.close()
    })
    const { log, values } = await events()
    proxy.treat = treat
    const { retries } = await runPipeline({
      pipeline: archive(name),
      log,
      store,
      clock: systemClock,
      untilEnd: true,
      commitEvery: seconds(1),
      memory: 64 * 1024 ** 2,
      signal: new AbortController().signal,
    })
    proxy.treat = () => 'pass'
    t.true(retries > 0)
    t.true([...proxy.given].some(([treatment, times]) => treatment !== 'pass' && times > 0))
    for (const prefix of ['large', 'small']) {
      const rows: string[] = []
      for await (const key of store.list(`${name}/${prefix}/`))
        rows.push(
          ...String(await store.get(key))
            .trimEnd()
            .split('\n'),
        )
      t.is(rows.length, EVENTS)
      t.is(rows.toSorted().join(), values.toSorted().join())
    }
    const { findings } = await verify({ pipeline: name, store, log, clock: systemClock })
    t.deepEqual(findings, [])
  })

test('a body that the line takes longer to drain than silence is allowed gets through, after it was given up', async (t) => {
  t.timeout(PATIENCE)
  const throttle = await startThrottle(Number(new URL(services.versitygw.url).port), 64_000)
  const store = storeAt(`http://127.0.0.1:${throttle.port}`)
  t.teardown(async () => {
    await store.close()
    await throttle.close()
  })
  const body = Buffer.alloc(400_000, 'slowly ')
  const failures: string[] = []
  await retry(() => store.store('drained', [body]), {
    clock: systemClock,
    onRetry: ({ message }) => failures.push(message),
  })
  t.regex(failures.join('\n'), /after 2000 ms of inactivity[^]*after 4000 ms of inactivity/)
  throttle.rate = Infinity
  t.deepEqual(await store.get('drained'), body)
})
