import test from 'ava'
import { probe } from '../../../lib/commit/probe.ts'
import type { ObjectStore } from '../../../lib/ports.ts'
import { faultyStore, memoryStore, virtualClock } from '../../../lib/testing.ts'

const clock = virtualClock('2024-01-01T12:00:00Z')

const tried = (store: ObjectStore): Promise<void> =>
  clock.run(probe('_sluice/views/', store, clock))

test('a store that keeps its conditions passes, and nothing is left in it', async (t) => {
  const store = memoryStore()
  await tried(store)
  t.deepEqual(store.objects(), [])
})

for (const fault of [{ before: 'fail' }, { after: 'fail' }] as const)
  test(`it passes whichever request fails ${'before' in fault ? 'before' : 'after'} it is carried out`, async (t) => {
    let requests = 0
    await tried(
      faultyStore(memoryStore(), { clock, fault: ({ number }) => void (requests = number) }),
    )
    t.true(requests > 80)
    for (let wrong = 1; wrong <= requests; wrong++)
      await t.notThrowsAsync(
        tried(
          faultyStore(memoryStore(), {
            clock,
            fault: ({ number }) => (number === wrong ? fault : undefined),
          }),
        ),
        `request ${wrong}`,
      )
  })

/** Stores with one flaw each, and what is said of them. */
const FLAWS: Readonly<Record<string, [(inner: ObjectStore) => Partial<ObjectStore>, RegExp]>> = {
  'ignores the condition': [
    (inner) => ({ put: (key, body) => inner.put(key, body) }),
    /^memory does not keep the condition If-None-Match: \* \(a repeated create answered 'created'\): commits would not be safe there/,
  ],
  'answers as it should, and writes all the same': [
    (inner) => ({
      async put(key, body, options) {
        const isThere = (await inner.head(key)) !== undefined
        await inner.put(key, body)
        return isThere && options?.ifAbsent ? 'exists' : 'created'
      },
    }),
    /a repeated create answered 'exists'/,
  ],
  'looks first and writes then': [
    (inner) => ({
      async put(key, body, options) {
        if (options?.ifAbsent && (await inner.head(key))) return 'exists'
        return inner.put(key, body)
      },
    }),
    /16 of 16 rivals were told that they created the same key/,
  ],
  'loses metadata of uploads': [
    (inner) => ({ createUpload: (key) => inner.createUpload(key) }),
    /loses the metadata of an upload/,
  ],
  'answers a completion and has no object': [
    () => ({ completeUpload: () => Promise.resolve('completed') }),
    /has no object, or another one, after an upload is completed/,
  ],
  'completes a deleted object anew': [
    (inner) => {
      const metadata = { 'sluice-commit': 'probe' }
      return {
        async completeUpload(key, ...upload) {
          const answer = await inner.completeUpload(key, ...upload)
          if (answer === 'gone') await inner.put(key, Buffer.alloc(64 * 1024), { metadata })
          return answer
        },
      }
    },
    /makes an object anew that was deleted/,
  ],
  'lists keys as they came': [
    (inner) => ({
      async *list(prefix, options) {
        const keys: string[] = []
        for await (const key of inner.list(prefix, options)) keys.unshift(key)
        yield* keys
      },
    }),
    /does not list keys in the order of their bytes/,
  ],
}

for (const [flaw, [change, message]] of Object.entries(FLAWS))
  test(`a store that ${flaw} is refused`, async (t) => {
    const inner = memoryStore()
    await t.throwsAsync(tried({ ...inner, ...change(inner) }), { code: 'service', message })
  })
