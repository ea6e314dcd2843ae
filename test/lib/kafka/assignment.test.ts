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
import { idOf, partitionsOf, unionOf } from '../../../lib/topics.ts'

const topics = fc
  .dictionary(
    fc.constantFrom('orders.eu', 'orders-1', 'orders', 'a'),
    fc.integer({ min: 1, max: 6 }),
  )
  .map((counts) => new Map(Object.entries(counts)))

const subscription: fc.Arbitrary<Subscription> = topics.chain((known) =>
  fc.subarray(partitionsOf(known)).map((owned) => ({ topics: known, owned })),
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
        { topics: known, owned: partitions },
      ]),
    ),
  )
  for (const [id, { partitions }] of first)
    t.deepEqual(again.get(id)!.partitions.map(idOf).toSorted(), partitions.map(idOf).toSorted())
})

testProp('what members tell each other is read as it was written', [subscription], (t, told) => {
  t.deepEqual(decodeSubscription(encodeSubscription(told)), told)
  const assignment = { partitions: told.owned, topics: told.topics }
  t.deepEqual(decodeAssignment(encodeAssignment(assignment)), assignment)
})

test('a member for which there is nothing has nothing', (t) => {
  t.deepEqual(decodeAssignment(Buffer.alloc(0)), { partitions: [], topics: new Map() })
})
