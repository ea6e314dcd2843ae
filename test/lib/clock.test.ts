import { mock } from 'node:test'
import test from 'ava'
import { systemClock } from '../../lib/clock.ts'
import { days } from '../../lib/duration.ts'

test.serial('a sleep that is longer than a timer can be goes on until it is aborted', async (t) => {
  const stop = new AbortController()
  const reason = new Error('enough')
  const ends: unknown[] = []
  const asleep = [days(25), days(60), Infinity].map((ms) =>
    systemClock.sleep(ms, stop.signal).then(
      () => ends.push(ms),
      (error) => ends.push(error),
    ),
  )
  await systemClock.sleep(20)
  t.deepEqual(ends, [])
  stop.abort(reason)
  await Promise.all(asleep)
  t.deepEqual(ends, [reason, reason, reason])
})

test.serial('a sleep of several timers takes as long as it is to take', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  let isOver = false
  const asleep = systemClock.sleep(days(60)).then(() => (isOver = true))
  const longest = 2 ** 31 - 1
  for (const ms of [longest, longest, days(60) - 2 * longest - 1]) {
    mock.timers.tick(ms)
    await Promise.resolve()
    t.false(isOver)
  }
  mock.timers.tick(1)
  t.true(await asleep)
})

test.serial('a sleep can be aborted in any of its timers', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const stop = new AbortController()
  const asleep = systemClock.sleep(days(60), stop.signal)
  mock.timers.tick(days(30))
  const reason = new Error('enough')
  stop.abort(reason)
  t.is(await t.throwsAsync(asleep), reason)
})
