import { randomUUID } from 'node:crypto'
import { type EachBatchPayload, Kafka, logLevel } from 'kafkajs'
import type { TopicRecord } from './remains.ts'

/**
 * All records of some topics.
 *
 * @param brokers `host:port`, several with commas between them
 */
export async function readTopics(
  brokers: string,
  topics: readonly string[],
): Promise<Map<string, TopicRecord[]>> {
  const all = topics.map((topic): [string, TopicRecord[]] => [topic, []])
  await Promise.all(
    all.map(([topic, records]) =>
      readTopic(brokers, topic, new Map(), (record) => void records.push(record)),
    ),
  )
  return new Map(all)
}

/**
 * Read a topic to its end as of now, by kafkajs itself and a group of its own.
 *
 * @param from by partition, the first offset that is wanted; the first that there is where nothing is said. Moved on to what was read
 * @param take is handed each record, those of a partition in their order
 */
export async function readTopic(
  brokers: string,
  topic: string,
  from: Map<number, number>,
  take: (record: TopicRecord) => void,
): Promise<void> {
  const kafka = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING })
  const missing = await endsOf(kafka, topic, from)
  if (missing.size === 0) return
  const consumer = kafka.consumer({ groupId: `reader-${randomUUID()}` })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  const { promise: complete, resolve, reject } = Promise.withResolvers<void>()
  consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error))
  await consumer.run({
    autoCommit: false,
    eachBatch: ({ batch: { partition, messages } }) => {
      for (const message of messages) {
        const record = recordOf(partition, message)
        if (record.offset < (from.get(partition) ?? 0)) continue
        if (!missing.has(partition)) break
        take(record)
        from.set(partition, record.offset + 1)
        if (record.offset + 1 >= missing.get(partition)!) missing.delete(partition)
      }
      if (missing.size === 0) resolve()
      return Promise.resolve()
    },
  })
  for (const [partition, offset] of from)
    consumer.seek({ topic, partition, offset: String(offset) })
  await complete
  await consumer.disconnect()
}

type Message = EachBatchPayload['batch']['messages'][number]

const recordOf = (
  partition: number,
  { offset, timestamp, key, value, headers = {} }: Message,
): TopicRecord => ({
  partition,
  offset: Number(offset),
  timestamp: Number(timestamp),
  key,
  value,
  headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, String(text)])),
})

/** Where each partition ends now, of those that hold something new. */
async function endsOf(
  kafka: Kafka,
  topic: string,
  from: ReadonlyMap<number, number>,
): Promise<Map<number, number>> {
  const admin = kafka.admin()
  await admin.connect()
  const ends = new Map<number, number>()
  for (const { partition, high, low } of await admin.fetchTopicOffsets(topic))
    if (Number(high) > Math.max(Number(low), from.get(partition) ?? 0))
      ends.set(partition, Number(high))
  await admin.disconnect()
  return ends
}
