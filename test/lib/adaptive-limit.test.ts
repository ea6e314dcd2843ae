import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { adaptiveLimit, type Limit } from '../../lib/adaptive-limit.ts'
import { seconds } from '../../lib/duration.ts'
import { StoreError } from '../../lib/ports.ts'
import { type VirtualClock, virtualClock } from '../../lib/testing.ts'

const slowDown = new StoreError('transient', 'SlowDown', { throttled: true })

/** A limit whose moves are kept. */
function limitOf(most: number, clock: VirtualClock = virtualClock(0)) {
  const moves: number[] = []
  let throttled = 0
  const limit = adaptiveLimit(most, clock, {
    throttled: () => void throttled++,
    changed: (now) => void moves.push(now),
  })
  return { limit, clock, moves, throttled: () => throttled }
}

const fail = (limit: Limit, error: Error): Promise<unknown> =>
  limit(() => Promise.reject(error)).catch(() => undefined)

test('what a request answers, or fails with, is handed on', async (t) => {
  const { limit } = limitOf(2)
  t.is(await limit(async () => 7), 7)
  await t.throwsAsync(
    limit(() => Promise.reject(slowDown)),
    { is: slowDown },
  )
})

test('no more than allowed are under way, first come, first served', async (t) => {
  const { limit, clock } = limitOf(3)
  let underWay = 0
  let most = 0
  const begun: number[] = []
  const request = async (n: number): Promise<void> => {
    begun.push(n)
    most = Math.max(most, ++underWay)
    await clock.sleep(10)
    underWay--
  }
  const numbers = Array.from({ length: 10 }, (_, n) => n)
  await clock.run(Promise.all(numbers.map((n) => limit(() => request(n)))))
  t.is(most, 3)
  t.deepEqual(begun, numbers)
})

/** So many requests of somebody that are answered when they are told to be. */
function pending(limit: Limit, who: string, count: number) {
  const answers: (() => void)[] = []
  for (let n = 0; n < count; n++)
    void limit(() => new Promise<void>((answer) => answers.push(answer)), who)
  return { answers }
}

test('whose requests take long takes places from nobody', async (t) => {
  const { limit, clock } = limitOf(32)
  const names = Array.from({ length: 9 }, (_, n) => `slow ${n}`)
  await Promise.all(['fast', ...names].map((who) => limit(async () => who, who)))
  const slow = names.map((who) => pending(limit, who, 100))
  await clock.settle()
  t.deepEqual(
    slow.map(({ answers }) => answers.length),
    [22, 2, 1, 1, 1, 1, 1, 1, 1],
  )
  for (let n = 0; n < 50; n++) t.is(await limit(async () => n, 'fast'), n)
})

test('who has not asked for a minute is kept no place', async (t) => {
  const { limit, clock } = limitOf(32)
  for (let n = 0; n < 13; n++) await limit(async () => n, `lane ${n}`)
  pending(limit, 'lane 0', 100)
  const other = pending(limit, 'lane 1', 100)
  await clock.settle()
  t.is(other.answers.length, 2)
  await clock.advance(seconds(61))
  void limit(async () => 1, 'lane 1')
  await clock.settle()
  t.is(other.answers.length, 7)
})

test('those who wait for places get them in turn', async (t) => {
  const { limit, clock } = limitOf(1)
  const begun: string[] = []
  const ask = (who: string) =>
    limit(async () => {
      begun.push(who)
      await clock.sleep(1)
    }, who)
  const all = ['a', 'a', 'a', 'b', 'c', 'b'].map(ask)
  await clock.run(Promise.all(all))
  t.deepEqual(begun, ['a', 'a', 'b', 'c', 'a', 'b'])
})

test('a store that asks for fewer gets half as many, once a second, and one at least', async (t) => {
  const { limit, clock, moves, throttled } = limitOf(32)
  await fail(limit, slowDown)
  await fail(limit, slowDown)
  t.deepEqual(moves, [16])
  for (let n = 0; n < 6; n++) {
    await clock.advance(seconds(1))
    await fail(limit, slowDown)
  }
  t.deepEqual(moves, [16, 8, 4, 2, 1])
  t.is(throttled(), 8)
  t.is(await limit(async () => 'still'), 'still')
})

test('one more is allowed after a second without complaint, up to the first number', async (t) => {
  const { limit, clock, moves } = limitOf(4)
  const widths: number[] = []
  const width = async (): Promise<void> => {
    let underWay = 0
    let most = 0
    const request = async (): Promise<void> => {
      most = Math.max(most, ++underWay)
      await clock.settle()
      underWay--
    }
    await Promise.all(Array.from({ length: 8 }, () => limit(request)))
    widths.push(most)
  }
  await fail(limit, slowDown)
  await width()
  for (let n = 0; n < 4; n++) {
    await clock.advance(seconds(1))
    await limit(async () => n)
    await width()
  }
  t.deepEqual(widths, [2, 3, 4, 4, 4])
  // told of what is new, not of every step
  t.deepEqual(moves, [2, 4])
})

test('another failure says nothing about how many there are', async (t) => {
  const { limit, moves, throttled } = limitOf(8)
  await fail(limit, new StoreError('transient', 'reset'))
  await fail(limit, new Error('a bug'))
  t.deepEqual(moves, [])
  t.is(throttled(), 0)
})

testProp(
  'a store that takes only so many at a time is found out, and nothing is lost',
  [fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 400 })],
  async (t, takes, requests) => {
    const { limit, clock } = limitOf(32)
    let underWay = 0
    let refused = 0
    const request = async (): Promise<void> => {
      underWay++
      const isTooMany = underWay > takes
      await clock.sleep(100)
      underWay--
      if (!isTooMany) return
      refused++
      throw slowDown
    }
    const persist = async (): Promise<void> => {
      for (;;)
        try {
          return await limit(request)
        } catch {
          await clock.sleep(seconds(1))
        }
    }
    await clock.run(Promise.all(Array.from({ length: requests }, persist)))
    // some while it is being found out, then one now and then; 32 at a time would be refused 12,000 times
    t.true(refused <= 300 + requests)
    t.is(underWay, 0)
  },
  { numRuns: 20 },
)
