import type { KafkaMessage } from 'kafkajs'
import { kafka, world } from './world.ts'

/** What a baseline does with its topic. */
export interface Handler {
  /** Messages of one partition in order; resolves when it has room for more. */
  readonly take: (partition: number, messages: readonly KafkaMessage[]) => Promise<void>
  /** Make durable what was taken of a partition so far. Taking goes on meanwhile. */
  readonly finish: (partition: number) => Promise<void>
}

/**
 * Read a topic from its beginning to its end as of now with kafkajs, and commit offsets behind what has been made durable.
 *
 * @returns how many messages there were
 */
export async function consume({ take, finish }: Handler): Promise<number> {
  const ends = await endsOf(world.topic)
  const consumer = kafka.consumer({
    groupId: world.group,
    maxBytesPerPartition: 256 * 1024,
    maxBytes: 2 * 1024 * 1024,
    // whoever disconnects waits for the fetch that is under way
    maxWaitTimeInMs: 50,
  })
  await consumer.connect()
  await consumer.subscribe({ topic: world.topic, fromBeginning: true })
  const due = new Map(
    [...ends.keys()].map((partition) => [partition, Date.now() + world.commitEvery]),
  )
  const committed = new Map<number, Promise<void>>()
  const left = new Set(ends.keys())
  let count = 0

  const commit = (partition: number, next: number): void => {
    const before = committed.get(partition)
    const durable = finish(partition)
    const commit = Promise.all([durable, before]).then(() =>
      consumer.commitOffsets([{ topic: world.topic, partition, offset: String(next) }]),
    )
    committed.set(partition, commit)
  }

  await new Promise<void>((resolve, reject) => {
    const running = consumer.run({
      autoCommit: false,
      partitionsConsumedConcurrently: ends.size,
      async eachBatch({ batch }) {
        const { partition, messages } = batch
        await take(partition, messages)
        count += messages.length
        const next = Number(batch.lastOffset()) + 1
        const ended = next >= ends.get(partition)!
        if (ended || Date.now() >= due.get(partition)!) {
          await committed.get(partition)
          commit(partition, next)
          due.set(partition, Date.now() + world.commitEvery)
        }
        if (ended) left.delete(partition)
        if (left.size === 0) resolve()
      },
    })
    running.catch(reject)
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error))
  })
  await Promise.all(committed.values())
  await consumer.disconnect()
  return count
}

async function endsOf(topic: string): Promise<Map<number, number>> {
  const admin = kafka.admin()
  await admin.connect()
  const offsets = await admin.fetchTopicOffsets(topic)
  await admin.disconnect()
  return new Map(offsets.map(({ partition, high }) => [partition, Number(high)]))
}
