import test from 'ava'
import { seconds } from '../../../lib/duration.ts'
import { virtualClock } from '../../../lib/testing.ts'

test('time stands still until it is moved', async (t) => {
  const clock = virtualClock('2024-01-01T09:00:00Z')
  t.is(clock.now(), Date.parse('2024-01-01T09:00:00Z'))
  await clock.settle()
  t.is(clock.now(), Date.parse('2024-01-01T09:00:00Z'))
  await clock.advance(seconds(5))
  t.is(clock.now(), Date.parse('2024-01-01T09:00:05Z'))
})

test('sleepers wake in the order of their times, each at its own', async (t) => {
  const clock = virtualClock(0)
  const woken: [string, number][] = []
  const sleep = async (name: string, ms: number): Promise<void> => {
    await clock.sleep(ms)
    woken.push([name, clock.now()])
  }
  void sleep('c', 30)
  void sleep('a', 10).then(() => sleep('b', 10))
  void sleep('later', 41)
  await clock.advance(40)
  t.deepEqual(woken, [
    ['a', 10],
    ['b', 20],
    ['c', 30],
  ])
  t.is(clock.now(), 40)
})

test('of two that wake at the same time the one that fell asleep first wakes first', async (t) => {
  const clock = virtualClock(0)
  const woken: number[] = []
  for (const n of [1, 2, 3]) void clock.sleep(10).then(() => woken.push(n))
  await clock.advance(10)
  t.deepEqual(woken, [1, 2, 3])
})

test('a sleeper can be woken by its signal, and is gone then', async (t) => {
  const clock = virtualClock(0)
  const abort = new AbortController()
  const slept = clock.sleep(10, abort.signal)
  const reason = new Error('enough')
  abort.abort(reason)
  t.is(await t.throwsAsync(slept), reason)
  t.is(await t.throwsAsync(clock.sleep(10, abort.signal)), reason)
  await t.throwsAsync(clock.run(new Promise(() => undefined)), { message: /nothing waits/ })
})

test('work runs to its end without anybody moving time', async (t) => {
  const clock = virtualClock(0)
  const work = async (): Promise<number> => {
    for (let i = 0; i < 100; i++) await clock.sleep(seconds(1))
    return clock.now()
  }
  t.is(await clock.run(work()), seconds(100))
})

test('work that fails fails the run', async (t) => {
  const clock = virtualClock(0)
  const failing = clock.sleep(10).then(() => Promise.reject(new Error('no')))
  await t.throwsAsync(clock.run(failing), { message: 'no' })
})

test('work that waits for nothing, or for too long, is told to be stalled', async (t) => {
  const clock = virtualClock(0)
  await t.throwsAsync(clock.run(new Promise(() => undefined)), { message: /^stalled: .*nothing/ })
  await t.throwsAsync(clock.run(clock.sleep(seconds(11)), seconds(10)), {
    message: /^stalled: .*after 10000 ms/,
  })
})
