import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { identityStore } from '../../../lib/state/identity-store.ts'
import type { IdentityStore } from '../../../lib/state/store.ts'

const WITHIN = 10

/** Not random in its first bytes, as the identities of many real systems are not. */
const identity = (n: number): Uint32Array => Uint32Array.of(0, 0, 0, n)

const revived = (written: Uint8Array[], within = WITHIN): IdentityStore => {
  const store = identityStore(within)
  for (const bytes of written) store.apply(bytes)
  return store
}

test('an identity is kept once within the span, before or after, and again from the span on', (t) => {
  const store = identityStore(WITHIN)
  t.true(store.keep(identity(1), 25))
  t.false(store.keep(identity(1), 25))
  t.false(store.keep(identity(1), 34))
  t.false(store.keep(identity(1), 16))
  t.true(store.keep(identity(1), 35))
  t.true(store.keep(identity(1), 15))
  t.is(store.size, 3)
})

test('a refused identity does not refresh the one that was kept', (t) => {
  const store = identityStore(WITHIN)
  store.keep(identity(1), 0)
  t.false(store.keep(identity(1), 9))
  t.true(store.keep(identity(1), 10))
})

test('identities without a time are all kept at the same instant', (t) => {
  const store = identityStore(WITHIN)
  t.true(store.keep(identity(1), -Infinity))
  t.false(store.keep(identity(1), -Infinity))
  t.true(store.keep(identity(2), -Infinity))
  t.false(revived([store.base().bytes]).keep(identity(2), -Infinity))
})

test('what is forgotten gives its memory back', (t) => {
  const store = identityStore(WITHIN)
  for (let n = 0; n < 5000; n++) store.keep(identity(n), 5)
  store.keep(identity(1), 15)
  const before = store.memory
  store.forget(9)
  t.is(store.size, 5001, 'a bucket goes as a whole')
  store.forget(10)
  t.is(store.size, 1)
  t.true(store.memory < before / 10)
  store.forget(Infinity)
  t.is(store.size, 0)
})

test('an identity costs at most 32 bytes', (t) => {
  for (const n of [2_000, 30_000, 100_000]) {
    const store = identityStore(WITHIN)
    for (let i = 0; i < n; i++) store.keep(identity(i), 5)
    t.true(store.memory <= 32 * n, `${store.memory / n} bytes at ${n}`)
  }
})

test('a delta holds what is new, and says until when it is needed', (t) => {
  const store = identityStore(WITHIN)
  t.is(store.delta(), undefined)
  store.keep(identity(1), 5)
  store.keep(identity(2), 17)
  t.is(store.delta()?.until, 20)
  t.is(store.delta(), undefined)
  store.keep(identity(3), 6)
  t.deepEqual([store.delta()?.bytes.length, store.base().bytes.length], [8 + 24, 8 + 3 * 24])
  store.forget(20)
  t.is(store.horizon, 20)
  t.deepEqual(store.delta()?.until, undefined, 'the horizon itself is needed by every restart')
})

const action = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      keep: fc.integer({ min: 0, max: 5 }),
      ahead: fc.integer({ min: -10, max: 25 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ advance: fc.integer({ min: 0, max: 12 }) }) },
  { weight: 4, arbitrary: fc.constantFrom('delta' as const, 'base' as const, 'restart' as const) },
)

/** A store with what was written of it, forgetting what it says is no longer needed. */
class Durable {
  store = identityStore(WITHIN)
  #written: { bytes: Uint8Array; until?: number | undefined }[] = []

  write(kind: 'delta' | 'base'): void {
    const written = kind === 'base' ? this.store.base() : this.store.delta()
    if (kind === 'base') this.#written = []
    if (written) this.#written.push(written)
    const { horizon } = this.store
    this.#written = this.#written.filter(({ until }) => until === undefined || until > horizon)
  }

  restart(): void {
    this.store = this.readBack()
  }

  readBack(): IdentityStore {
    return revived(this.#written.map(({ bytes }) => bytes))
  }
}

testProp(
  'it answers as a list of all that was ever kept, through any deltas, bases and restarts',
  [fc.array(action, { maxLength: 80 })],
  (t, actions) => {
    const answers: boolean[] = []
    const expected: boolean[] = []
    const durable = new Durable()
    const kept: { id: number; time: number }[] = []
    let now = 0
    for (const act of actions) {
      if (act === 'restart') {
        durable.write('delta')
        const base = durable.store.base().bytes
        durable.restart()
        t.deepEqual(durable.readBack().base().bytes, base, 'a restart does not change its bytes')
      } else if (typeof act === 'string') {
        durable.write(act)
      } else if ('advance' in act) {
        now += act.advance
        durable.store.forget(now - 2 * WITHIN)
      } else {
        const time = now + act.ahead
        const id = act.keep
        const isNew = !kept.some((old) => old.id === id && Math.abs(old.time - time) < WITHIN)
        if (isNew) kept.push({ id, time })
        answers.push(durable.store.keep(identity(id), time))
        expected.push(isNew)
      }
    }
    t.deepEqual(answers, expected)
  },
)

testProp(
  'thousands of identities are told apart',
  [fc.uniqueArray(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { minLength: 2000, maxLength: 4000 })],
  (t, numbers) => {
    const store = identityStore(WITHIN)
    t.true(numbers.every((n) => store.keep(identity(n), 1)))
    const copy = revived([store.base().bytes])
    t.true(numbers.every((n) => !copy.keep(identity(n), 2)))
    t.is(copy.size, numbers.length)
  },
  { numRuns: 5 },
)
