import test from 'ava'
import type { Limit } from '../../lib/adaptive-limit.ts'
import { StoreError } from '../../lib/ports.ts'
import { retry } from '../../lib/retry.ts'
import { virtualClock } from '../../lib/testing.ts'

/** Something that fails so often before it succeeds. */
function failing(times: number, error: Error = new StoreError('transient', 'reset')) {
  let attempts = 0
  const action = async (): Promise<string> => {
    if (attempts++ < times) throw error
    return 'done'
  }
  return {
    action,
    get attempts() {
      return attempts
    },
  }
}

test('what may pass is tried until it succeeds', async (t) => {
  const clock = virtualClock()
  const { action } = failing(30)
  t.is(await clock.run(retry(action, { clock })), 'done')
})

test('the waits grow up to 20 seconds, and every one of them is told', async (t) => {
  const clock = virtualClock(0)
  const { action } = failing(200)
  const waits: number[] = []
  await clock.run(retry(action, { clock, onRetry: (_, wait) => void waits.push(wait) }))
  t.is(waits.length, 200)
  for (const [attempt, wait] of waits.entries())
    t.true(wait >= 0 && wait <= Math.min(20_000, 100 * 2 ** attempt))
  t.is(Math.round(clock.now()), Math.round(waits.reduce((sum, wait) => sum + wait, 0)))
})

for (const [failure, code] of [
  ['denied', 'service'],
  ['invalid', 'service'],
  ['config', 'config'],
] as const)
  test(`what no attempt mends is said at once: ${failure}`, async (t) => {
    const clock = virtualClock()
    const refusal = new StoreError(failure, 'cannot put a')
    const refused = failing(1, refusal)
    const error = await t.throwsAsync(retry(refused.action, { clock }), {
      code,
      message: 'cannot put a',
    })
    t.is(error?.cause, refusal)
    t.is(refused.attempts, 1)
  })

test('a right that is denied may be waited for, and nothing else that no attempt mends', async (t) => {
  const clock = virtualClock()
  const told: string[] = []
  const options = {
    clock,
    waitsForRights: true,
    onRetry: ({ message }: Error) => void told.push(message),
  }
  const denied = failing(12, new StoreError('denied', 'cannot put a'))
  t.is(await clock.run(retry(denied.action, options)), 'done')
  t.deepEqual(
    told,
    Array.from({ length: 12 }, () => 'cannot put a'),
  )
  for (const failure of ['config', 'invalid'] as const) {
    const refused = failing(1, new StoreError(failure, 'cannot put a'))
    await t.throwsAsync(retry(refused.action, options), { message: 'cannot put a' })
  }
})

test('an error that is not the store’s is thrown as it is', async (t) => {
  const bug = new TypeError('not a function')
  t.is(await t.throwsAsync(retry(failing(1, bug).action, { clock: virtualClock() })), bug)
})

test('a signal ends the waiting, and what has not begun does not begin', async (t) => {
  const clock = virtualClock()
  const abort = new AbortController()
  const retried = failing(Infinity)
  const waiting = retry(retried.action, { clock, signal: abort.signal })
  await clock.settle()
  const reason = new Error('enough')
  abort.abort(reason)
  t.is(await t.throwsAsync(waiting), reason)
  const { attempts } = retried
  t.is(await t.throwsAsync(retry(retried.action, { clock, signal: abort.signal })), reason)
  t.is(retried.attempts, attempts)
})

test('a store that says for how long it wants to be left alone is, for 20 seconds at the most', async (t) => {
  const clock = virtualClock(0)
  const waits: number[] = []
  let calls = 0
  const asked = [5_000, 90_000]
  const action = async (): Promise<string> => {
    const retryAfter = asked[calls++]
    if (retryAfter === undefined) return 'done'
    throw new StoreError('transient', 'SlowDown', { retryAfter })
  }
  t.is(await clock.run(retry(action, { clock, onRetry: (_, wait) => waits.push(wait) })), 'done')
  t.deepEqual(waits, [5_000, 20_000])
})

test('every attempt is bounded, and whoever waits to try again takes nobody’s place', async (t) => {
  const clock = virtualClock(0)
  let underWay = 0
  const seen: number[] = []
  const limit: Limit = async (request) => {
    underWay++
    try {
      return await request()
    } finally {
      underWay--
    }
  }
  let calls = 0
  const action = async (): Promise<void> => {
    t.is(underWay, 1)
    if (calls++ < 2) throw new StoreError('transient', 'reset')
  }
  await clock.run(retry(action, { clock, limit, onRetry: () => seen.push(underWay) }))
  t.deepEqual(seen, [0, 0])
  t.is(calls, 3)
})
