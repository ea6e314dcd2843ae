import { setImmediate as turn } from 'node:timers/promises'
import test from 'ava'
import { Isolation } from '../../../lib/lane/isolation.ts'

/** Somebody who works until told to stop. */
function worker(isolation: Isolation, how: 'together' | 'alone') {
  const life = new AbortController()
  const who = { assertLive: () => life.signal.throwIfAborted() }
  const { promise, resolve } = Promise.withResolvers<void>()
  const drop = (): void => {
    life.abort(new Error('dropped'))
    isolation.leave(who)
  }
  const state = { who, isAtWork: false, stop: resolve, drop, over: Promise.resolve() }
  state.over = isolation[how](who, async () => {
    state.isAtWork = true
    await promise
    state.isAtWork = false
  })
  return state
}

test('many work together, and whoever is to be alone waits for all of them', async (t) => {
  const isolation = new Isolation()
  const [one, two] = [worker(isolation, 'together'), worker(isolation, 'together')]
  const alone = worker(isolation, 'alone')
  await turn()
  t.deepEqual([one.isAtWork, two.isAtWork, alone.isAtWork], [true, true, false])
  const late = worker(isolation, 'together')
  one.stop()
  await turn()
  t.false(alone.isAtWork)
  two.stop()
  await turn()
  t.deepEqual([alone.isAtWork, late.isAtWork], [true, false])
  alone.stop()
  await turn()
  t.true(late.isAtWork)
})

test('those who are to be alone take turns', async (t) => {
  const isolation = new Isolation()
  const [one, two] = [worker(isolation, 'alone'), worker(isolation, 'alone')]
  await turn()
  t.deepEqual([one.isAtWork, two.isAtWork], [true, false])
  one.stop()
  await turn()
  t.deepEqual([one.isAtWork, two.isAtWork], [false, true])
})

for (const how of ['together', 'alone'] as const)
  test(`nobody waits for what one who has left began ${how}`, async (t) => {
    const isolation = new Isolation()
    const gone = worker(isolation, how)
    const next = worker(isolation, 'alone')
    await turn()
    t.false(next.isAtWork)
    isolation.leave(gone.who)
    await turn()
    t.true(next.isAtWork)
  })

for (const how of ['together', 'alone'] as const)
  test(`one who was dropped while it waited to work ${how} does not begin, and nobody waits for it`, async (t) => {
    const isolation = new Isolation()
    const first = worker(isolation, 'alone')
    const dropped = worker(isolation, how)
    dropped.drop()
    const next = worker(isolation, 'alone')
    first.stop()
    await t.throwsAsync(dropped.over, { message: 'dropped' })
    await turn()
    t.deepEqual([dropped.isAtWork, next.isAtWork], [false, true])
  })

test('one who was dropped while it waited for others to rest does not begin', async (t) => {
  const isolation = new Isolation()
  const busy = worker(isolation, 'together')
  const dropped = worker(isolation, 'alone')
  dropped.drop()
  busy.stop()
  await t.throwsAsync(dropped.over, { message: 'dropped' })
  const next = worker(isolation, 'alone')
  await turn()
  t.deepEqual([dropped.isAtWork, next.isAtWork], [false, true])
})

test('an error leaves the place to others', async (t) => {
  const isolation = new Isolation()
  await t.throwsAsync(
    isolation.alone({ assertLive: () => undefined }, () => Promise.reject(new Error('no'))),
    { message: 'no' },
  )
  const next = worker(isolation, 'alone')
  await turn()
  t.true(next.isAtWork)
})
