import { systemClock } from '../clock.ts'
import { within } from '../deadline.ts'
import { messageOf, SluiceError } from '../errors.ts'
import type { MirrorEntry } from '../ports.ts'
import { type TopicPartition, type Topics, unionOf } from '../topics.ts'
import {
  type Assignment,
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
  PROTOCOL,
  shareOut,
} from './assignment.ts'
import { type ClientSettings, errorType, LONGEST_ANSWER, newCluster } from './client.ts'
import { commitOffsets, type GroupBroker, groupBroker } from './coordinator.ts'

const SESSION_TIMEOUT = 10_000
const HEARTBEAT_INTERVAL = 2_000
/** How long the group waits for a member to join again when it shares out anew. */
const REBALANCE_TIMEOUT = 60_000

const FIRST_PAUSE = 200
const LONGEST_PAUSE = 2_000

const MIRROR_WITHIN = 5_000
const LEAVE_WITHIN = 5_000

/** What no new attempt mends. */
const REFUSALS: readonly string[] = [
  'GROUP_AUTHORIZATION_FAILED',
  'GROUP_MAX_SIZE_REACHED',
  'INCONSISTENT_GROUP_PROTOCOL',
  'INVALID_GROUP_ID',
  'INVALID_SESSION_TIMEOUT',
]

export interface MembershipOptions {
  readonly client: ClientSettings
  /** For messages: `Kafka at host:port`. */
  readonly place: string
  readonly topics: Topics
  readonly group: string
  /** Called at every join and rejoin, the first before `joinMembership` resolves. */
  assigned(assignment: Assignment): void
  /** Called when the group refuses us for good. */
  failed(error: SluiceError): void
}

/**
 * Joins a consumer group and stays in it: heartbeats, and joins again when the group shares out anew. It has connections of its own,
 * since a broker answers nothing else on one while a member waits there for the others. While no broker answers it tries again for
 * ever. Rejects with a `SluiceError` when the group refuses us.
 */
export async function joinMembership(options: MembershipOptions): Promise<Membership> {
  const membership = new Membership(options)
  await membership.begin()
  return membership
}

class Membership {
  readonly #options: MembershipOptions
  readonly #cluster: ReturnType<typeof newCluster>
  #coordinator: GroupBroker | undefined
  #memberId = ''
  #generationId = -1
  #topics: Topics
  #owned: readonly TopicPartition[] = []
  /** Of the group, when it gave us what we own. */
  #ownedSince = -1
  /** Whether the group counts on us as of the last answer, under what it knows of us. */
  #isMember = false
  #left = false
  #waiting = new AbortController()
  #ended: Promise<void> = Promise.resolve()

  constructor(options: MembershipOptions) {
    this.#options = options
    this.#topics = options.topics
    this.#cluster = newCluster(options.client)
  }

  /** @throws SluiceError when the group refuses us */
  async begin(): Promise<void> {
    try {
      await this.#cluster.connect()
      await this.#join()
    } catch (error) {
      if (isRefusal(error)) {
        await this.#cluster.disconnect()
        throw this.#refused(error)
      }
      this.#forget(error)
    }
    this.#ended = this.#stay()
  }

  /** More topics or partitions than the group knows of: it shares out anew. */
  subscribe(topics: Topics): void {
    this.#topics = unionOf([this.#topics, topics])
    this.#isMember = false
    this.#wake()
  }

  /** Stores offsets in the group: false when they were not stored, or not within 5 s. */
  async mirror(entries: readonly MirrorEntry[]): Promise<boolean> {
    if (!this.#isMember || !this.#coordinator) return false
    const member = {
      groupId: this.#options.group,
      groupGenerationId: this.#generationId,
      memberId: this.#memberId,
    }
    try {
      await within(MIRROR_WITHIN, commitOffsets(this.#coordinator, member, entries))
      return true
    } catch {
      return false
    }
  }

  async leave(): Promise<void> {
    this.#left = true
    this.#wake()
    await within(LEAVE_WITHIN, this.#ended).catch(() => {})
    await this.#cluster.disconnect().catch(() => {})
  }

  async #stay(): Promise<void> {
    let failures = 0
    while (!this.#left) {
      try {
        if (this.#isMember) await this.#heartbeat()
        else await this.#join()
        failures = 0
        await this.#pause(HEARTBEAT_INTERVAL)
      } catch (error) {
        if (isRefusal(error)) return this.#options.failed(this.#refused(error))
        this.#forget(error)
        if (errorType(error) === 'REBALANCE_IN_PROGRESS') continue
        await this.#pause(Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** failures++))
      }
    }
    if (this.#memberId === '') return
    await this.#coordinator?.leaveGroup(this.#self).catch(() => {})
  }

  get #self(): { groupId: string; memberId: string } {
    return { groupId: this.#options.group, memberId: this.#memberId }
  }

  /** The next attempt is to join: under the same id, unless the group has forgotten it. */
  #forget(error: unknown): void {
    this.#isMember = false
    if (errorType(error) === 'UNKNOWN_MEMBER_ID') this.#memberId = ''
  }

  async #join(): Promise<void> {
    const { group } = this.#options
    const coordinator = groupBroker(
      await within(LONGEST_ANSWER, this.#cluster.findGroupCoordinator({ groupId: group })),
    )
    this.#coordinator = coordinator
    const topics = this.#topics
    const joining = coordinator.joinGroup({
      ...this.#self,
      sessionTimeout: SESSION_TIMEOUT,
      rebalanceTimeout: REBALANCE_TIMEOUT,
      groupProtocols: [
        {
          name: PROTOCOL,
          metadata: encodeSubscription({
            topics,
            owned: this.#owned,
            generation: this.#ownedSince,
          }),
        },
      ],
    })
    const joined = await within(REBALANCE_TIMEOUT + LONGEST_ANSWER, joining)
    this.#memberId = joined.memberId
    this.#generationId = joined.generationId
    const syncing = coordinator.syncGroup({
      ...this.#self,
      generationId: joined.generationId,
      groupAssignment: joined.leaderId === joined.memberId ? assignmentsOf(joined.members) : [],
    })
    const { memberAssignment } = await within(REBALANCE_TIMEOUT + LONGEST_ANSWER, syncing)
    const assignment = decodeAssignment(memberAssignment)
    this.#owned = assignment.partitions
    this.#ownedSince = joined.generationId
    // what came up while the group was sharing out is for the next time
    this.#isMember = topics === this.#topics
    this.#topics = unionOf([this.#topics, assignment.topics])
    if (!this.#left) this.#options.assigned(assignment)
  }

  async #heartbeat(): Promise<void> {
    if (!this.#coordinator) return
    const beat = { ...this.#self, groupGenerationId: this.#generationId }
    await within(SESSION_TIMEOUT, this.#coordinator.heartbeat(beat))
  }

  async #pause(ms: number): Promise<void> {
    const { signal } = this.#waiting
    await systemClock.sleep(ms, signal).catch(() => {})
    if (signal.aborted) this.#waiting = new AbortController()
  }

  #wake(): void {
    this.#waiting.abort()
  }

  #refused(cause: unknown): SluiceError {
    const { place, group } = this.#options
    return new SluiceError('service', `${place}: group "${group}": ${messageOf(cause)}`, { cause })
  }
}

export type { Membership }

const isRefusal = (error: unknown): boolean => REFUSALS.includes(errorType(error) ?? '')

function assignmentsOf(members: readonly { memberId: string; memberMetadata: Buffer }[]) {
  const subscriptions = members.map(
    ({ memberId, memberMetadata }) => [memberId, decodeSubscription(memberMetadata)] as const,
  )
  return Array.from(shareOut(new Map(subscriptions)), ([memberId, assignment]) => ({
    memberId,
    memberAssignment: encodeAssignment(assignment),
  }))
}
