import type { MirrorEntry } from '../ports.ts'
import type { TopicPartition } from '../topics.ts'
import type { Broker } from './client.ts'

export interface GroupMember {
  readonly groupId: string
  readonly memberId: string
}

/** What a group's coordinator answers to its members. Rejects with what `errorType` names. */
export interface GroupBroker {
  /** Answers when all members have joined, or the group has given up waiting for them. An empty member id asks for one. */
  joinGroup(
    request: GroupMember & {
      sessionTimeout: number
      rebalanceTimeout: number
      groupProtocols: { name: string; metadata: Buffer }[]
    },
  ): Promise<{
    generationId: number
    leaderId: string
    memberId: string
    /** For the leader. */
    members: { memberId: string; memberMetadata: Buffer }[]
  }>
  /** The leader says who reads what; everybody is told. */
  syncGroup(
    request: GroupMember & {
      generationId: number
      groupAssignment: { memberId: string; memberAssignment: Buffer }[]
    },
  ): Promise<{ memberAssignment: Buffer }>
  heartbeat(request: GroupMember & { groupGenerationId: number }): Promise<unknown>
  leaveGroup(member: GroupMember): Promise<unknown>
}

/** What the declared types of kafkajs 2.2.4 leave out. */
interface UndeclaredBroker extends GroupBroker {
  offsetFetch(request: {
    groupId: string
    topics: { topic: string; partitions: { partition: number }[] }[]
  }): Promise<{ responses: { topic: string; partitions: StoredOffset[] }[] }>
  offsetCommit(
    request: GroupMember & {
      groupGenerationId: number
      topics: {
        topic: string
        partitions: { partition: number; offset: string; metadata: string }[]
      }[]
    },
  ): Promise<unknown>
}

const undeclared = (coordinator: Broker): UndeclaredBroker =>
  coordinator as unknown as UndeclaredBroker

export const groupBroker = (coordinator: Broker): GroupBroker => undeclared(coordinator)

/** Takes a member out of the group that this broker coordinates. */
export async function removeMember(
  coordinator: Broker,
  groupId: string,
  memberId: string,
): Promise<void> {
  await undeclared(coordinator).leaveGroup({ groupId, memberId })
}

interface StoredOffset {
  readonly partition: number
  /** -1 where none is stored. */
  readonly offset: string
  readonly metadata: string | null
}

/** What a group has stored for these partitions; those for which it has nothing are left out. */
export async function fetchOffsets(
  coordinator: Broker,
  groupId: string,
  partitions: readonly TopicPartition[],
): Promise<MirrorEntry[]> {
  const request = {
    groupId,
    topics: byTopic(partitions, ({ partition }) => ({ partition })),
  }
  const { responses } = await undeclared(coordinator).offsetFetch(request)
  return responses.flatMap(({ topic, partitions: stored }) =>
    stored
      .map(({ partition, offset, metadata }) => ({
        topic,
        partition,
        offset: Number(offset),
        metadata: metadata ?? '',
      }))
      .filter(({ offset }) => offset >= 0),
  )
}

/** Stores offsets, with a text for each, on behalf of a member. */
export async function commitOffsets(
  coordinator: GroupBroker,
  member: GroupMember & { groupGenerationId: number },
  entries: readonly MirrorEntry[],
): Promise<void> {
  const topics = byTopic(entries, ({ partition, offset, metadata }) => ({
    partition,
    offset: String(offset),
    metadata,
  }))
  await (coordinator as UndeclaredBroker).offsetCommit({ ...member, topics })
}

const byTopic = <T extends TopicPartition, P>(
  all: readonly T[],
  of: (one: T) => P,
): { topic: string; partitions: P[] }[] =>
  Array.from(
    Map.groupBy(all, ({ topic }) => topic),
    ([topic, some]) => ({ topic, partitions: some.map(of) }),
  )
