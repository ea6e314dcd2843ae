import { setImmediate } from 'node:timers/promises'
import test from 'ava'
import { onThread, threadsIdle } from '../../lib/thread-pool.ts'
import { virtualClock } from '../../lib/testing.ts'

test.serial('what is asked for comes back, errors too', async (t) => {
  t.is(await onThread(async () => 7), 7)
  await t.throwsAsync(
    onThread(() => Promise.reject(new Error('no'))),
    { message: 'no' },
  )
  t.true(await threadsIdle())
})

test.serial(
  'no more than four work at a time, in the order in which they were asked',
  async (t) => {
    let now = 0
    let most = 0
    const begun: number[] = []
    await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        onThread(async () => {
          begun.push(n)
          most = Math.max(most, ++now)
          await setImmediate()
          now--
        }),
      ),
    )
    t.true(most <= 4)
    t.deepEqual(
      begun,
      begun.toSorted((a, b) => a - b),
    )
  },
)

test.serial('the threads are idle when all that was asked for is done', async (t) => {
  const { promise, resolve } = Promise.withResolvers<void>()
  let done = false
  void onThread(() => promise).then(() => (done = true))
  const idle = threadsIdle()
  resolve()
  t.false(await idle)
  t.true(done)
  t.true(await threadsIdle())
})

test.serial('time stands still while a thread works', async (t) => {
  const clock = virtualClock(0)
  const work = async (): Promise<number> => {
    await clock.sleep(10)
    await onThread(() => setImmediate())
    await onThread(() => setImmediate())
    return clock.now()
  }
  t.is(await clock.run(work()), 10)
})
