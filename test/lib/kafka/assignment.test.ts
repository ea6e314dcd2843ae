import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
  shareOut,
  type Subscription,
} from '../../../lib/kafka/assignment.ts'
import { WireWriter } from '../../../lib/kafka/wire.ts'
import { idOf, partitionsOf, unionOf } from '../../../lib/topics.ts'

const topics = fc
  .dictionary(
    fc.constantFrom('orders.eu', 'orders-1', 'orders', 'a'),
    fc.integer({ min: 1, max: 6 }),
  )
  .map((counts) => new Map(Object.entries(counts)))

const subscription: fc.Arbitrary<Subscription> = topics.chain((known) =>
  fc.record({
    topics: fc.constant(known),
    owned: fc.subarray(partitionsOf(known)),
    generation: fc.integer({ min: -1, max: 3 }),
  }),
)

const members = fc
  .array(subscription, { minLength: 1, maxLength: 5 })
  .map((all) => new Map(all.map((each, index) => [`member-${index}`, each])))

testProp(
  'every partition that any member knows of has one reader, and shares differ by one at most',
  [members],
  (t, all) => {
    const shares = [...shareOut(all).values()]
    const known = unionOf([...all.values()].map((each) => each.topics))
    const given = shares.flatMap(({ partitions }) => partitions.map(idOf))
    t.deepEqual(given.toSorted(), partitionsOf(known).map(idOf).toSorted())
    const sizes = shares.map(({ partitions }) => partitions.length)
    t.true(Math.max(...sizes) - Math.min(...sizes) <= 1)
    for (const share of shares) t.deepEqual(new Map(share.topics), new Map(known))
  },
)

testProp('nothing moves when the group shares out once more', [members], (t, all) => {
  const first = shareOut(all)
  const again = shareOut(
    new Map(
      [...first].map(([id, { partitions, topics: known }]) => [
        id,
        { topics: known, owned: partitions, generation: 7 },
      ]),
    ),
  )
  for (const [id, { partitions }] of first)
    t.deepEqual(again.get(id)!.partitions.map(idOf).toSorted(), partitions.map(idOf).toSorted())
})

/** A group of which some members leave, and others come. */
const change = fc.record({
  partitions: fc.integer({ min: 1, max: 40 }),
  before: fc.integer({ min: 1, max: 10 }),
  leaving: fc.array(fc.nat({ max: 9 })),
  coming: fc.integer({ min: 0, max: 5 }),
})

testProp(
  'no more partitions move than have to, whoever comes and goes',
  [change],
  (t, { partitions, before, leaving, coming }) => {
    const known = new Map([['orders', partitions]])
    const nothing = { topics: known, owned: [], generation: -1 }
    const first = shareOut(new Map(Array.from({ length: before }, (_, n) => [`m${n}`, nothing])))
    const left = new Set(leaving.map((n) => `m${n}`))
    const staying = [...first].flatMap(([id, { partitions: owned }]) =>
      left.has(id) ? [] : [[id, { topics: known, owned, generation: 1 }] as const],
    )
    const newcomers = Array.from({ length: coming }, (_, n) => [`a${n}`, nothing] as const)
    const members = new Map<string, Subscription>([...newcomers, ...staying])
    if (members.size === 0) return t.pass()
    const second = shareOut(members)
    const least = Math.floor(partitions / members.size)
    const most = staying.filter(([, { owned }]) => owned.length > least).length
    const held = staying.reduce((sum, [, { owned }]) => sum + Math.min(owned.length, least), 0)
    const kept = staying.flatMap(([id, { owned }]) => {
      const now = new Set(second.get(id)!.partitions.map(idOf))
      return owned.filter((partition) => now.has(idOf(partition)))
    })
    t.is(kept.length, held + Math.min(most, partitions % members.size))
  },
)

test('who slept while its partitions were given to others takes nothing from those that keep them', (t) => {
  const topics = new Map([['orders', 6]])
  const owned = (...numbers: number[]) =>
    numbers.map((partition) => ({ topic: 'orders', partition }))
  const shares = shareOut(
    new Map([
      ['a-sleeper', { topics, owned: owned(0, 1), generation: 4 }],
      ['b', { topics, owned: owned(0, 1, 4), generation: 5 }],
      ['c', { topics, owned: owned(2, 3, 5), generation: 5 }],
    ]),
  )
  const numbers = (id: string) => shares.get(id)!.partitions.map(({ partition }) => partition)
  t.deepEqual(
    [numbers('b'), numbers('c')],
    [
      [0, 1],
      [2, 3],
    ],
  )
  t.deepEqual(numbers('a-sleeper'), [4, 5])
})

test('a member of a version that did not tell its generation is understood', (t) => {
  const data = Buffer.from('{"topics":{"orders":2},"owned":{"orders":[1]}}')
  const writer = new WireWriter().int16(0)
  writer.array(['orders'], (topic) => writer.string(topic))
  t.deepEqual(decodeSubscription(writer.int32(data.length).raw(data).written), {
    topics: new Map([['orders', 2]]),
    owned: [{ topic: 'orders', partition: 1 }],
    generation: -1,
  })
})

testProp('what members tell each other is read as it was written', [subscription], (t, told) => {
  t.deepEqual(decodeSubscription(encodeSubscription(told)), told)
  const assignment = { partitions: told.owned, topics: told.topics }
  t.deepEqual(decodeAssignment(encodeAssignment(assignment)), assignment)
})

test('a member for which there is nothing has nothing', (t) => {
  t.deepEqual(decodeAssignment(Buffer.alloc(0)), { partitions: [], topics: new Map() })
})
