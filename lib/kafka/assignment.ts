import { idOf, partitionsOf, type TopicPartition, type Topics, unionOf } from '../topics.ts'
import { WireReader, WireWriter } from './wire.ts'

/**
 * How the members of a group share its partitions. Every member tells which topics it knows of and what it reads; the one that leads
 * the group shares out what any of them knows of, and tells all. So they agree, also while they have not yet heard of the same topics.
 * On the wire it is Kafka's own consumer protocol, so that its tools show who reads what.
 */

/** What the members have to have in common. */
export const PROTOCOL = 'sluice'

const VERSION = 0

/** What a member tells when it joins. */
export interface Subscription {
  readonly topics: Topics
  /** What it reads at present. */
  readonly owned: readonly TopicPartition[]
  /** Of the group, when it was told to; -1 before the first. Versions that did not tell count as that. */
  readonly generation: number
}

/** What a member is told. */
export interface Assignment {
  readonly partitions: readonly TopicPartition[]
  /** What any member of the group knows of. */
  readonly topics: Topics
}

/**
 * All partitions for the members, as evenly as can be, with as few of them moved as that takes. Of several that say they read a
 * partition, the one that was told to last does: others were asleep meanwhile. Pure: the order of the members makes no difference.
 *
 * @param members by their ids
 */
export function shareOut(
  members: ReadonlyMap<string, Subscription>,
): ReadonlyMap<string, Assignment> {
  const topics = unionOf(Array.from(members.values(), (member) => member.topics))
  const free = new Map(partitionsOf(topics).map((partition) => [idOf(partition), partition]))
  const ids = [...members.keys()].sort()
  const readers = readersOf(members, ids)
  const least = Math.floor(free.size / ids.length)
  let larger = free.size % ids.length
  const shares = new Map<string, TopicPartition[]>()
  for (const id of ids) {
    const kept: TopicPartition[] = []
    for (const partition of members.get(id)!.owned) {
      if (kept.length === least + (larger > 0 ? 1 : 0)) break
      if (readers.get(idOf(partition)) !== id) continue
      if (free.delete(idOf(partition))) kept.push(partition)
    }
    if (kept.length > least) larger--
    shares.set(id, kept)
  }
  const smallest = (): TopicPartition[] =>
    [...shares.values()].reduce((a, b) => (b.length < a.length ? b : a))
  for (const partition of free.values()) smallest().push(partition)
  return new Map(Array.from(shares, ([id, partitions]) => [id, { partitions, topics }]))
}

/** Who reads each partition, by its id. */
function readersOf(
  members: ReadonlyMap<string, Subscription>,
  ids: readonly string[],
): ReadonlyMap<string, string> {
  const generationOf = (id: string): number => members.get(id)!.generation
  const readers = new Map<string, string>()
  for (const id of ids.toSorted((a, b) => generationOf(a) - generationOf(b)))
    for (const partition of members.get(id)!.owned) readers.set(idOf(partition), id)
  return readers
}

/** What the leader of a group tells its members, given what they have told when they joined. */
export function assignmentsOf(
  members: readonly { readonly memberId: string; readonly memberMetadata: Buffer }[],
): { memberId: string; memberAssignment: Buffer }[] {
  const subscriptions = members.map(
    ({ memberId, memberMetadata }) => [memberId, decodeSubscription(memberMetadata)] as const,
  )
  return Array.from(shareOut(new Map(subscriptions)), ([memberId, assignment]) => ({
    memberId,
    memberAssignment: encodeAssignment(assignment),
  }))
}

export function encodeSubscription({ topics, owned, generation }: Subscription): Buffer {
  const writer = new WireWriter().int16(VERSION)
  writer.array([...topics.keys()], (topic) => writer.string(topic))
  return withData(writer, {
    topics: Object.fromEntries(topics),
    owned: byTopic(owned),
    generation,
  })
}

/** What cannot be read is taken for nothing. */
export function decodeSubscription(bytes: Buffer): Subscription {
  const reader = new WireReader(bytes)
  reader.int16()
  reader.array(() => reader.string())
  const { topics, owned, generation } = readData(reader)
  return { topics, owned: flat(Object.entries(owned)), generation }
}

export function encodeAssignment({ partitions, topics }: Assignment): Buffer {
  const writer = new WireWriter().int16(VERSION)
  writer.array(Object.entries(byTopic(partitions)), ([topic, numbers]) => {
    writer.string(topic)
    writer.array(numbers, (partition) => writer.int32(partition))
  })
  return withData(writer, { topics: Object.fromEntries(topics) })
}

/** The bytes are empty where the group has nothing for a member. */
export function decodeAssignment(bytes: Buffer): Assignment {
  if (bytes.length === 0) return { partitions: [], topics: new Map() }
  const reader = new WireReader(bytes)
  reader.int16()
  const entries = reader.array((): [string, number[]] => [
    reader.string(),
    reader.array(() => reader.int32()),
  ])
  return { partitions: flat(entries), topics: readData(reader).topics }
}

type ByTopic = Record<string, readonly number[]>

function byTopic(partitions: readonly TopicPartition[]): ByTopic {
  const groups = Map.groupBy(partitions, ({ topic }) => topic)
  return Object.fromEntries(
    Array.from(groups, ([topic, some]) => [topic, some.map(({ partition }) => partition)]),
  )
}

const flat = (entries: readonly (readonly [string, readonly number[]])[]): TopicPartition[] =>
  entries.flatMap(([topic, numbers]) => numbers.map((partition) => ({ topic, partition })))

function withData(writer: WireWriter, data: object): Buffer {
  const bytes = Buffer.from(JSON.stringify(data))
  return writer.int32(bytes.length).raw(bytes).written
}

function readData(reader: WireReader): { topics: Topics; owned: ByTopic; generation: number } {
  const {
    topics = {},
    owned = {},
    generation = -1,
  } = JSON.parse(reader.bytes().toString() || '{}') as {
    topics?: Record<string, number>
    owned?: ByTopic
    generation?: number
  }
  return { topics: new Map(Object.entries(topics)), owned, generation }
}
