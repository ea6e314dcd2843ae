import { systemClock } from '../clock.ts'
import { messageOf, SluiceError } from '../errors.ts'
import type { MirrorEntry } from '../ports.ts'
import { type ClientSettings, newConsumer } from './client.ts'
import { within } from '../deadline.ts'

const MIRROR_WITHIN = 5_000
const LEAVE_WITHIN = 5_000

export interface MembershipOptions extends ClientSettings {
  /** For messages: `Kafka at host:port`. */
  readonly place: string
  readonly topic: string
  readonly group: string
  /** Called at every join and rejoin, the first before `joinMembership` resolves. */
  assigned(partitions: readonly number[]): void
  /** Called when the group refuses us for good. */
  failed(error: SluiceError): void
}

export interface Membership {
  /** Stores offsets in the group: false when they were not stored, or not within 5 s. */
  mirror(entries: readonly MirrorEntry[]): Promise<boolean>
  leave(): Promise<void>
}

/**
 * Membership of a consumer group, kept by kafkajs. Every partition is paused for good, so that it
 * does nothing but heartbeat, whatever becomes of the records: they are read elsewhere. While no
 * broker answers it tries again for ever. Rejects with a `SluiceError` when the group refuses us.
 */
export async function joinMembership(options: MembershipOptions): Promise<Membership> {
  const { topic, group, place } = options
  const consumer = newConsumer(options, group, async () => !left)
  let refused: SluiceError | undefined
  let joined = false
  let isMember = false
  let left = false

  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    // kafkajs cannot stop in the middle of a join: then it has to be told again, after it.
    if (left) return void systemClock.sleep(0).then(() => consumer.disconnect())
    isMember = true
    consumer.pause([{ topic }])
    // A copy: kafkajs sorts its own, as text.
    options.assigned([...(payload.memberAssignment[topic] ?? [])].sort((a, b) => a - b))
  })
  consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
    isMember = false
    if (restart || left) return
    const message = `${place}: group "${group}": ${messageOf(error)}`
    refused = new SluiceError('service', message, { cause: error })
    if (joined) options.failed(refused)
  })

  const leave = async (): Promise<void> => {
    left = true
    isMember = false
    await within(LEAVE_WITHIN, consumer.disconnect()).catch(() => {})
  }

  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({ autoCommit: false, eachBatch: async () => {} })
  if (refused) {
    await leave()
    throw refused
  }
  joined = true

  return {
    async mirror(entries) {
      if (!isMember) return false // kafkajs would send nothing and say nothing
      const offsets = entries.map(({ partition, offset, metadata }) => ({
        topic,
        partition,
        offset: String(offset),
        metadata,
      }))
      try {
        await within(MIRROR_WITHIN, consumer.commitOffsets(offsets))
        return true
      } catch {
        return false
      }
    },
    leave,
  }
}
