import { type Clock, systemClock } from '../clock.ts'
import { within } from '../deadline.ts'
import { messageOf, SluiceError } from '../errors.ts'
import type { MirrorEntry } from '../ports.ts'
import { type TopicPartition, type Topics, unionOf } from '../topics.ts'
import {
  type Assignment,
  assignmentsOf,
  decodeAssignment,
  encodeSubscription,
  PROTOCOL,
} from './assignment.ts'
import { type Cluster, errorType, LONGEST_ANSWER } from './client.ts'
import { commitOffsets, type GroupBroker, groupBroker } from './coordinator.ts'

const SESSION_TIMEOUT = 10_000
const HEARTBEAT_INTERVAL = 2_000
/** Later another broker may coordinate the group, and count on us for a session yet. */
const HEARD_WITHIN = 5_000
/** How long the group waits for a member to join again when it shares out anew. */
const REBALANCE_TIMEOUT = 60_000

const FIRST_PAUSE = 200
const LONGEST_PAUSE = 2_000

const MIRROR_WITHIN = 5_000
const LEAVE_WITHIN = 5_000

/** The group knows us under another name or generation, or not at all, or shares out anew. */
const REJOINS: readonly string[] = [
  'ILLEGAL_GENERATION',
  'REBALANCE_IN_PROGRESS',
  'UNKNOWN_MEMBER_ID',
]

/** What no new attempt mends. */
const REFUSALS: readonly string[] = [
  'GROUP_AUTHORIZATION_FAILED',
  'GROUP_MAX_SIZE_REACHED',
  'INCONSISTENT_GROUP_PROTOCOL',
  'INVALID_GROUP_ID',
  'INVALID_SESSION_TIMEOUT',
]

export interface MembershipOptions {
  /** Connections of its own: a broker answers nothing else on one while a member waits there for the others. */
  readonly cluster: Cluster
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
 * Joins a consumer group and stays in it: heartbeats, and joins again when the group shares out anew. While no broker answers it tries
 * again for ever, and where another one coordinates the group it goes on there. Rejects with a `SluiceError` when the group refuses us.
 */
export async function joinMembership(
  options: MembershipOptions,
  clock: Clock = systemClock,
): Promise<Membership> {
  const membership = new Membership(options, clock)
  await membership.begin()
  return membership
}

class Membership {
  readonly #options: MembershipOptions
  readonly #clock: Clock
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

  constructor(options: MembershipOptions, clock: Clock) {
    this.#options = options
    this.#topics = options.topics
    this.#clock = clock
  }

  /** @throws SluiceError when the group refuses us */
  async begin(): Promise<void> {
    try {
      await this.#options.cluster.connect()
      await this.#join()
    } catch (error) {
      if (isRefusal(error)) {
        await this.#options.cluster.disconnect()
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
      await this.#within(MIRROR_WITHIN, commitOffsets(this.#coordinator, member, entries))
      return true
    } catch {
      return false
    }
  }

  async leave(): Promise<void> {
    this.#left = true
    this.#wake()
    await this.#within(LEAVE_WITHIN, this.#ended).catch(() => {})
    await this.#options.cluster.disconnect().catch(() => {})
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
    await this.#leave().catch(() => {})
  }

  get #self(): { groupId: string; memberId: string } {
    return { groupId: this.#options.group, memberId: this.#memberId }
  }

  /**
   * After a failure. Where the group wants us to join again, it is under the same id, unless it has forgotten that. From anything else follows only
   * that another broker may coordinate the group by now, which knows its members as the one before it did.
   */
  #forget(error: unknown): void {
    const type = errorType(error)
    if (type === 'UNKNOWN_MEMBER_ID') this.#memberId = ''
    if (type !== undefined && REJOINS.includes(type)) this.#isMember = false
    else this.#coordinator = undefined
  }

  /** Looked up where it is not known. */
  async #found(): Promise<GroupBroker> {
    const { cluster, group: groupId } = this.#options
    this.#coordinator ??= groupBroker(
      await this.#within(LONGEST_ANSWER, cluster.findGroupCoordinator({ groupId })),
    )
    return this.#coordinator
  }

  async #join(): Promise<void> {
    const coordinator = await this.#found()
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
    const joined = await this.#within(REBALANCE_TIMEOUT + LONGEST_ANSWER, joining)
    this.#memberId = joined.memberId
    this.#generationId = joined.generationId
    const syncing = coordinator.syncGroup({
      ...this.#self,
      generationId: joined.generationId,
      groupAssignment: joined.leaderId === joined.memberId ? assignmentsOf(joined.members) : [],
    })
    const { memberAssignment } = await this.#within(REBALANCE_TIMEOUT + LONGEST_ANSWER, syncing)
    const assignment = decodeAssignment(memberAssignment)
    this.#owned = assignment.partitions
    this.#ownedSince = joined.generationId
    // what came up while the group was sharing out is for the next time
    this.#isMember = topics === this.#topics
    this.#topics = unionOf([this.#topics, assignment.topics])
    if (!this.#left) this.#options.assigned(assignment)
  }

  async #heartbeat(): Promise<void> {
    const coordinator = await this.#found()
    const beat = { ...this.#self, groupGenerationId: this.#generationId }
    await this.#within(HEARD_WITHIN, coordinator.heartbeat(beat))
  }

  async #leave(): Promise<void> {
    const coordinator = await this.#found()
    await coordinator.leaveGroup(this.#self)
  }

  async #pause(ms: number): Promise<void> {
    const { signal } = this.#waiting
    await this.#clock.sleep(ms, signal).catch(() => {})
    if (signal.aborted) this.#waiting = new AbortController()
  }

  #within<T>(ms: number, answer: Promise<T>): Promise<T> {
    return within(ms, answer, this.#clock)
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
