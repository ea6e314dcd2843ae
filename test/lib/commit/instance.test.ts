import test from 'ava'
import { openInstance, readInstance } from '../../../lib/commit/instance.ts'
import type { ObjectStore } from '../../../lib/ports.ts'
import { partitionsOf } from '../../../lib/topics.ts'
import { memoryStore, virtualClock } from '../../../lib/testing.ts'

const clock = virtualClock('2024-01-01T12:00:00Z')

const open = (store: ObjectStore, partitions = 4) =>
  clock.run(openInstance('views', partitionsOf(new Map([['events', partitions]])), store, clock))

test('an instance is made once, and stays as it was made', async (t) => {
  const store = memoryStore()
  t.is(await readInstance('views', store, clock), undefined)
  const first = await open(store, 4)
  t.like(first, {
    pipeline: 'views',
    lanes: [0, 1, 2, 3].map((partition) => ({ topic: 'events', partition })),
    probed: '2024-01-01T12:00:00.000Z',
  })
  t.regex(first.id, /^[0-9a-f]{6}$/)
  t.deepEqual(await open(store, 16), first)
  t.deepEqual(await readInstance('views', store, clock), first)
  t.is(store.objects().length, 1)
})

test('processes that come at the same time agree', async (t) => {
  const store = memoryStore()
  const instances = await Promise.all([open(store), open(store), open(store)])
  t.is(new Set(instances.map(({ id }) => id)).size, 1)
})

test('a store that ignores the condition gets no instance', async (t) => {
  const inner = memoryStore()
  const store: ObjectStore = { ...inner, put: (key, body) => inner.put(key, body) }
  await t.throwsAsync(open(store), { code: 'service', message: /does not keep the condition/ })
  t.is(await readInstance('views', store, clock), undefined)
})
