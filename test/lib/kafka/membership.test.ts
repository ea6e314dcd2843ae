import test from 'ava'
import type { Assignment } from '../../../lib/kafka/assignment.ts'
import type { Cluster } from '../../../lib/kafka/client.ts'
import type { GroupBroker } from '../../../lib/kafka/coordinator.ts'
import { joinMembership, type Membership } from '../../../lib/kafka/membership.ts'
import { type VirtualClock, virtualClock } from '../../../lib/testing.ts'

const TOPICS = new Map([['views', 2]])

/** As kafkajs tells what a broker answers. */
const refusal = (type: string): Error => Object.assign(new Error(type), { type })

/** A group of one, and brokers of which one at a time coordinates it. */
class FakeGroup {
  readonly clock: VirtualClock = virtualClock()
  readonly calls: string[] = []
  readonly assignments: Assignment[] = []
  coordinator = 'a'
  /** What is wrong with each broker. */
  readonly troubles = new Map<string, Error>()
  /** What the next requests are answered. */
  readonly next: Error[] = []
  #generation = 0
  /** How often it has given out a name. */
  #names = 0

  async join(): Promise<Membership> {
    return joinMembership(
      {
        cluster: this.#cluster,
        place: 'here',
        topics: TOPICS,
        group: 'views',
        assigned: (assignment) => this.assignments.push(assignment),
        failed: (error) => this.calls.push(`failed: ${error.message}`),
      },
      this.clock,
    )
  }

  /** What was asked since the last time. */
  heard(): string[] {
    return this.calls.splice(0)
  }

  get #cluster(): Cluster {
    const cluster = {
      connect: () => Promise.resolve(),
      disconnect: () => Promise.resolve(),
      findGroupCoordinator: () => Promise.resolve(this.#broker(this.coordinator)),
    }
    return cluster as unknown as Cluster
  }

  #broker(name: string): GroupBroker {
    const asked = async <T>(what: string, answer: () => T): Promise<T> => {
      this.calls.push(`${name}: ${what}`)
      const trouble = this.next.shift() ?? this.troubles.get(name)
      if (trouble) throw trouble
      if (name !== this.coordinator) throw refusal('NOT_COORDINATOR_FOR_GROUP')
      return answer()
    }
    const broker = {
      joinGroup: ({ memberId, groupProtocols }) =>
        asked(`join ${memberId}`, () => {
          const id = memberId || `me-${++this.#names}`
          const members = [{ memberId: id, memberMetadata: groupProtocols[0]!.metadata }]
          return { generationId: ++this.#generation, memberId: id, leaderId: id, members }
        }),
      syncGroup: ({ groupAssignment: [first] }) =>
        asked('sync', () => ({ memberAssignment: first!.memberAssignment })),
      heartbeat: ({ memberId, groupGenerationId }) =>
        asked(`beat ${memberId} ${groupGenerationId}`, () => ({})),
      leaveGroup: ({ memberId }) => asked(`leave ${memberId}`, () => ({})),
      offsetCommit: () => asked('offsets', () => ({})),
    } satisfies GroupBroker & { offsetCommit: () => Promise<unknown> }
    return broker
  }
}

const ENTRIES = [{ topic: 'views', partition: 0, offset: 7, metadata: '' }]

test('a member beats at its coordinator every two seconds', async (t) => {
  const group = new FakeGroup()
  await group.join()
  await group.clock.advance(1_000)
  t.deepEqual(group.heard(), ['a: join ', 'a: sync', 'a: beat me-1 1'])
  await group.clock.advance(4_000)
  t.deepEqual(group.heard(), ['a: beat me-1 1', 'a: beat me-1 1'])
})

for (const [how, trouble] of [
  ['answers that it is not the coordinator', undefined],
  ['is gone', new Error('connect ECONNREFUSED')],
  ['does not accept requests', refusal('GROUP_COORDINATOR_NOT_AVAILABLE')],
] as const)
  test(`when its coordinator ${how}, a member goes on at the next one as who it is, without joining again`, async (t) => {
    const group = new FakeGroup()
    await group.join()
    await group.clock.advance(1_000)
    group.heard()
    group.coordinator = 'b'
    if (trouble) group.troubles.set('a', trouble)
    await group.clock.advance(2_000)
    t.deepEqual(group.heard(), ['a: beat me-1 1', 'b: beat me-1 1'])
    t.is(group.assignments.length, 1)
  })

test('a coordinator that has not read the group yet is asked until it has', async (t) => {
  const group = new FakeGroup()
  await group.join()
  await group.clock.advance(1_000)
  group.heard()
  group.coordinator = 'b'
  group.troubles.set('b', refusal('GROUP_LOAD_IN_PROGRESS'))
  await group.clock.advance(2_500)
  t.deepEqual([...new Set(group.heard())], ['a: beat me-1 1', 'b: beat me-1 1'])
  group.troubles.clear()
  await group.clock.advance(2_000)
  t.is(group.heard()[0], 'b: beat me-1 1')
  t.is(group.assignments.length, 1)
})

for (const [type, joins] of [
  ['UNKNOWN_MEMBER_ID', 'a: join '],
  ['ILLEGAL_GENERATION', 'a: join me-1'],
  ['REBALANCE_IN_PROGRESS', 'a: join me-1'],
] as const)
  test(`a member that is answered ${type} joins again`, async (t) => {
    const group = new FakeGroup()
    await group.join()
    await group.clock.advance(1_000)
    group.heard()
    group.next.push(refusal(type))
    await group.clock.advance(1_500)
    t.deepEqual(group.heard().slice(0, 3), ['a: beat me-1 1', joins, 'a: sync'])
    t.is(group.assignments.length, 2)
  })

test('offsets are stored by a member, at the coordinator of now', async (t) => {
  const group = new FakeGroup()
  const membership = await group.join()
  t.true(await group.clock.run(membership.mirror(ENTRIES)))
  group.coordinator = 'b'
  t.false(await group.clock.run(membership.mirror(ENTRIES)))
  await group.clock.advance(3_000)
  group.heard()
  t.true(await group.clock.run(membership.mirror(ENTRIES)))
  t.deepEqual(group.heard(), ['b: offsets'])
})

test('who leaves while the coordinator moves tells the next one', async (t) => {
  const group = new FakeGroup()
  const membership = await group.join()
  await group.clock.advance(1_000)
  group.heard()
  group.troubles.set('a', new Error('connect ECONNREFUSED'))
  await group.clock.advance(1_000)
  group.coordinator = 'b'
  await group.clock.run(membership.leave())
  t.is(group.heard().at(-1), 'b: leave me-1')
})

test('a group that refuses us for good says so', async (t) => {
  const group = new FakeGroup()
  group.troubles.set('a', refusal('GROUP_AUTHORIZATION_FAILED'))
  await t.throwsAsync(group.join(), {
    code: 'service',
    message: 'here: group "views": GROUP_AUTHORIZATION_FAILED',
  })
})
