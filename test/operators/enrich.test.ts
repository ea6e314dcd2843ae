import { setImmediate } from 'node:timers/promises'
import { Readable } from 'node:stream'
import { fc, testProp } from '@fast-check/ava'
import test, { type ExecutionContext } from 'ava'
import { AnswerLog, RecordedAnswers } from '../../lib/answers.ts'
import type { Call } from '../../lib/async-operator.ts'
import { minutes, seconds } from '../../lib/duration.ts'
import { Chunk, type Item } from '../../lib/message.ts'
import type { OperatorStream } from '../../lib/operator-stream.ts'
import { newStores } from '../../lib/state/stores.ts'
import { at, barrier, feed, type VirtualClock, virtualClock, watermark } from '../../lib/testing.ts'
import { enrich, type EnrichOptions } from '../../operators/enrich.ts'
import { cuts, runLane } from './lane.ts'

interface Visit {
  readonly ip: string
}
const visits = (...ips: string[]) => ips.map((ip) => at('09:00', { ip }))
const into = (visit: Visit, city: string) => `${visit.ip} ${city}`

/** A service that is asked, and answers after some ms of virtual time; `answers` may throw. */
function service(clock: VirtualClock, answers = (ip: string): string => `city of ${ip}`, ms = 100) {
  const asked: string[] = []
  const aborted: string[] = []
  let most = 0
  let underWay = 0
  const lookUp = async ({ ip }: Visit, { signal }: Call): Promise<string> => {
    asked.push(ip)
    most = Math.max(most, ++underWay)
    try {
      await clock.sleep(ms, signal)
      return answers(ip)
    } catch (error) {
      if (signal.aborted) aborted.push(ip)
      throw error
    } finally {
      underWay--
    }
  }
  return { lookUp, asked, aborted, most: () => most, underWay: () => underWay }
}

/** Run visits through an enrich whose service is on virtual time. */
async function enriched<U>(
  lookUp: (visit: Visit, call: Call) => Promise<string> | string,
  options: EnrichOptions<Visit, string, U, 'reject' | 'pass' | 'fail'>,
  clock: VirtualClock,
  ...input: Parameters<typeof feed<Visit>>
) {
  return feed<Visit>(...input).run(enrich(lookUp, options), undefined, { clock })
}

test('the answer goes into the event, and order is kept whatever the calls take', async (t) => {
  const clock = virtualClock()
  const lookUp = async ({ ip }: Visit): Promise<string> => {
    await clock.sleep(Number(ip) * 10)
    return 'x'
  }
  const { values } = await enriched(lookUp, { into }, clock, ...visits('9', '1', '5', '3'))
  t.deepEqual(values, ['9 x', '1 x', '5 x', '3 x'])
})

test('a look-up that answers at once needs no promise', async (t) => {
  const clock = virtualClock()
  const { values } = await enriched(({ ip }) => `at once ${ip}`, { into }, clock, ...visits('1'))
  t.deepEqual(values, ['1 at once 1'])
})

test('no more calls are under way than concurrency says, and as many as it says', async (t) => {
  const clock = virtualClock()
  const { lookUp, most, asked } = service(clock)
  const started = clock.now()
  const ips = Array.from({ length: 10 }, (_, i) => String(i))
  await enriched(lookUp, { into, concurrency: 3 }, clock, ...visits(...ips))
  t.is(most(), 3)
  t.is(asked.length, 10)
  t.is(clock.now() - started, 400)
})

test('watermarks and barriers are not overtaken', async (t) => {
  const clock = virtualClock()
  const { lookUp } = service(clock)
  const input = [...visits('1', '2'), watermark('09:01'), ...visits('3'), barrier()]
  const { items } = await enriched(lookUp, { into }, clock, ...input)
  t.deepEqual(
    items.map((item) => (item instanceof Chunk ? item.messages.length : item.constructor.name)),
    [2, 'Watermark', 1, 'Barrier'],
  )
})

test('a failed call is tried again after back-off, and what it cost is told when it fails for good', async (t) => {
  const clock = virtualClock()
  let failures = 0
  const { lookUp, asked } = service(clock, (ip) => {
    if (ip === 'never' || failures++ < 2) throw new RangeError(`no ${ip}`)
    return 'found'
  })
  const { values, rejected } = await enriched(lookUp, { into }, clock, ...visits('late', 'never'))
  t.deepEqual(values, ['late found'])
  t.deepEqual(
    rejected.map(({ reason, thrown }) => [reason, thrown]),
    [['look-up failed: RangeError: no never (4 attempts)', undefined]],
  )
  t.is(asked.filter((ip) => ip === 'never').length, 4)
  t.is(asked.filter((ip) => ip === 'late').length, 3)
})

test('an attempt that takes too long is aborted and counts as failed', async (t) => {
  const clock = virtualClock()
  const { lookUp, aborted } = service(clock, undefined, minutes(1))
  const options = { into, timeout: seconds(2), retries: 1 }
  const { rejected } = await enriched(lookUp, options, clock, ...visits('1'))
  t.is(rejected[0]?.reason, 'look-up failed: Error: no answer within 2000 ms (2 attempts)')
  t.deepEqual(aborted, ['1', '1'])
})

test('a call that never answers and heeds no signal holds nothing up', async (t) => {
  const clock = virtualClock()
  const lookUp = () => new Promise<string>(() => undefined)
  const options = { into, timeout: seconds(1), retries: 0 }
  const { rejected } = await enriched(lookUp, options, clock, ...visits('1', '2'))
  t.is(rejected.length, 2)
})

const broken = (): never => {
  throw new Error('down')
}

test('onFailure pass sends the event on as it was', async (t) => {
  const clock = virtualClock()
  const options = { into, retries: 0, onFailure: 'pass' } as const
  const { values, operator } = await enriched(broken, options, clock, ...visits('1'))
  t.deepEqual(values, [{ ip: '1' }])
  t.deepEqual(operator.fates, { dropped: 0, rejected: 0, expanded: 0 })
})

test('onFailure fail stops the stream and says where', async (t) => {
  const clock = virtualClock()
  const options = { into, retries: 1, onFailure: 'fail' } as const
  const input = [at('09:00', { ip: '1' }, { offset: 7, partition: 3 })]
  await t.throwsAsync(enriched(broken, options, clock, ...input), {
    code: 'service',
    message: 'enrich: the look-up for test-3@7 failed: Error: down (2 attempts)',
  })
})

test('an answer that JSON cannot hold is a failure that says why', async (t) => {
  const clock = virtualClock()
  const lookUp = () => ({ since: new Date(0) }) as unknown as string
  const { rejected } = await enriched(lookUp, { into, retries: 0 }, clock, ...visits('1'))
  t.is(
    rejected[0]?.reason,
    'look-up failed: TypeError: the answer has a Date at since, which JSON cannot hold (1 attempt)',
  )
})

test('no answer is an answer too', async (t) => {
  const clock = virtualClock()
  const found = enrich(({ ip }: Visit) => (ip === '' ? 'here' : undefined), {
    into: (_, city) => city ?? 'nowhere',
  })
  t.deepEqual(await feed(...visits('1')).through(found, { clock }), ['nowhere'])
})

test('an event that cannot be combined with its answer is rejected like any other throw', async (t) => {
  const clock = virtualClock()
  const { rejected } = await enriched(() => 'x', { into: broken }, clock, ...visits('1'))
  t.is(rejected[0]?.thrown, 'Error')
})

test('a row may be looked up by what the record holds', async (t) => {
  const cities = new Map([['1', 'Wellington']])
  const located = enrich(cities, {
    by: (_: null, { key }) => String(key),
    into: (_, city) => city,
  })
  const input = feed(at('09:00', null, { key: '1' }), at('09:00', null, { key: '2' }))
  t.deepEqual(await input.through(located), ['Wellington', undefined])
})

test('a table is looked up at once; an event without a key, or with an unknown one, has no row', async (t) => {
  const cities = new Map([['1', { city: 'Wellington' }]])
  const located = enrich(cities, {
    by: (visit: { ip: string | null }) => visit.ip,
    into: (visit, row) => `${visit.ip} ${row?.city}`,
  })
  const input = [at('09:00', { ip: '1' }), at('09:00', { ip: '2' }), at('09:00', { ip: null })]
  t.deepEqual(await feed<{ ip: string | null }>(...input).through(located), [
    '1 Wellington',
    '2 undefined',
    'null undefined',
  ])
})

const byIp = (visit: Visit): string => visit.ip

test('events of one key share one call, also while it is under way', async (t) => {
  const clock = virtualClock()
  const { lookUp, asked } = service(clock)
  const cache = { size: 10, age: minutes(5), by: byIp }
  const input = [...visits('1', '1', '2'), barrier(), ...visits('2', '1')]
  const { values } = await enriched(lookUp, { into, cache }, clock, ...input)
  t.deepEqual(asked, ['1', '2'])
  t.is(values.length, 5)
})

test('an answer is asked for again when its age has passed, or others have taken its place', async (t) => {
  const clock = virtualClock()
  const { lookUp, asked } = service(clock, undefined, 600)
  const cache = { size: 2, age: seconds(1), by: byIp }
  const chunks = ['1', '2', '1', '3', '2'].flatMap((ip) => [...visits(ip), barrier()])
  await enriched(lookUp, { into, cache }, clock, ...chunks)
  // 1 at 0.6 s, 2 at 1.2 s, 1 is used at 1.2 s; 3 at 1.8 s takes the place of 2
  t.deepEqual(asked, ['1', '2', '3', '2'])
  const later = virtualClock()
  const slow = service(later, undefined, 1_000)
  await enriched(slow.lookUp, { into, cache }, later, ...chunks.slice(0, 6))
  t.deepEqual(slow.asked, ['1', '2', '1'])
})

test('a failure is not kept', async (t) => {
  const clock = virtualClock()
  let calls = 0
  const lookUp = (): string => {
    if (calls++ === 0) throw new Error('down')
    return 'up'
  }
  const options = { into, retries: 0, cache: { size: 1, age: minutes(1), by: byIp } }
  const input = [...visits('1'), barrier(), ...visits('1')]
  const { values, rejected } = await enriched(lookUp, options, clock, ...input)
  t.deepEqual([values, rejected.length], [['1 up'], 1])
})

test('a key that is no text, or cannot be had, is a failure', async (t) => {
  const clock = virtualClock()
  const cache = { size: 1, age: minutes(1), by: () => 5 as unknown as string }
  const { rejected } = await enriched(() => 'x', { into, cache }, clock, ...visits('1'))
  t.regex(rejected[0]?.reason ?? '', /the key of an event must be a text, not 5/)
})

test('when its lane stops, calls under way are aborted and no new one begins', async (t) => {
  const clock = virtualClock()
  const { lookUp, asked, aborted, underWay } = service(clock)
  const stream: OperatorStream = enrich(lookUp, { into, concurrency: 2 })
  stream.bind({ state: newStores(), reject: () => undefined, clock })
  const failed = new Promise((resolve) => stream.on('error', resolve))
  stream.write(new Chunk(visits('1', '2', '3')))
  await clock.settle()
  t.is(underWay(), 2)
  stream.destroy(new Error('the lane stops'))
  t.is(((await failed) as Error).message, 'the lane stops')
  await clock.advance(minutes(1))
  t.deepEqual([asked, aborted, underWay()], [['1', '2'], ['1', '2'], 0])
})

test('while downstream is full nothing more is asked', async (t) => {
  const clock = virtualClock()
  const { lookUp, asked } = service(clock, undefined, 1)
  const stream: OperatorStream = enrich(lookUp, { into })
  stream.bind({ state: newStores(), reject: () => undefined, clock })
  for (let i = 0; i < 20; i++) stream.write(new Chunk(visits(String(i))))
  await clock.advance(seconds(10))
  t.true(asked.length <= 3, `${asked.length} calls`)
})

test('alone it takes plain events', async (t) => {
  const answers: unknown[] = []
  const events = Readable.from([{ ip: '1' }, { ip: '2' }])
  const found = enrich(async ({ ip }: Visit) => ip.repeat(2), { into: (_, city) => city })
  for await (const event of events.pipe(found)) answers.push(event)
  t.deepEqual(answers, ['11', '22'])
})

for (const [what, options] of Object.entries({
  concurrency: { concurrency: 0 },
  retries: { retries: -1 },
  timeout: { timeout: 0 },
  'cache.size': { cache: { size: 0.5, age: 1, by: byIp } },
  'cache.age': { cache: { size: 1, age: NaN, by: byIp } },
}))
  test(`a wrong ${what} is refused by its name`, (t: ExecutionContext) => {
    t.throws(() => enrich(() => 'x', { into, ...options }), {
      code: 'config',
      message: new RegExp(`^${what} of enrich must be `),
    })
  })

/** Fails for some, whoever asks and how often. */
const fickle = async ({ ip }: Visit): Promise<string> => {
  await setImmediate()
  if (Number(ip) % 7 === 3) throw new Error(`no ${ip}`)
  return `city_${Number(ip) % 5}`
}

const ips = fc.array(fc.integer({ min: 0, max: 20 }).map(String), { maxLength: 60 })

testProp(
  'the output is the same for every chunking, every position of the barriers and every restart',
  [ips, cuts],
  async (t, all, cut) => {
    const cache = { size: 3, age: minutes(1), by: byIp }
    const build = () => [enrich(fickle, { into, retries: 0, concurrency: 3, cache })]
    const [whole, parts] = [
      await runLane(build, visits(...all)),
      await runLane(build, visits(...all), cut),
    ]
    t.deepEqual(parts.messages, whole.messages)
    t.deepEqual(parts.rejected, whole.rejected)
  },
  { numRuns: 50 },
)

testProp(
  'with what was recorded an epoch runs again to the same end, and nobody is asked',
  [ips],
  async (t, all) => {
    const first = new AnswerLog()
    const input = [...visits(...all), barrier()]
    const before = await feed<Visit>(...input).run(
      enrich(fickle, { into, retries: 0 }),
      undefined,
      { answers: first },
    )
    const bytes = first.take()
    if (!bytes) return t.is(all.length, 0)
    const ask = (): never => t.fail('it is asked') as never
    const again = await feed<Visit>(...input).run(enrich(ask, { into, retries: 0 }), undefined, {
      answers: new RecordedAnswers(bytes),
    })
    t.deepEqual(again.items as Item<string>[], before.items as Item<string>[])
    t.deepEqual(again.rejected, before.rejected)
  },
  { numRuns: 50 },
)
