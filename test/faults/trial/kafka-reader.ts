import { randomUUID } from 'node:crypto'
import { Kafka, logLevel } from 'kafkajs'
import type { TopicRecord } from './remains.ts'

/** All records of some topics, by kafkajs itself and a group of its own. */
export async function readTopics(
  broker: string,
  topics: readonly string[],
): Promise<Map<string, TopicRecord[]>> {
  const kafka = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING })
  const records = new Map(topics.map((topic): [string, TopicRecord[]] => [topic, []]))
  const missing = await endsOf(kafka, topics)
  const consumer = kafka.consumer({ groupId: `reader-${randomUUID()}` })
  await consumer.connect()
  await consumer.subscribe({ topics: [...topics], fromBeginning: true })
  const { promise: complete, resolve, reject } = Promise.withResolvers<void>()
  if (missing.size === 0) resolve()
  consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error))
  await consumer.run({
    autoCommit: false,
    eachMessage: ({ topic, partition, message }) => {
      const offset = Number(message.offset)
      const headers = Object.entries(message.headers ?? {}).map(([key, value]) => [
        key,
        String(value),
      ])
      records.get(topic)!.push({
        partition,
        offset,
        timestamp: Number(message.timestamp),
        value: message.value,
        headers: Object.fromEntries(headers) as Record<string, string>,
      })
      const place = `${topic} ${partition}`
      if (offset + 1 >= (missing.get(place) ?? Infinity)) missing.delete(place)
      if (missing.size === 0) resolve()
      return Promise.resolve()
    },
  })
  await complete
  await consumer.disconnect()
  return records
}

/** Where each partition ends now, of those that hold something. */
async function endsOf(kafka: Kafka, topics: readonly string[]): Promise<Map<string, number>> {
  const admin = kafka.admin()
  await admin.connect()
  const ends = new Map<string, number>()
  for (const topic of topics)
    for (const { partition, high, low } of await admin.fetchTopicOffsets(topic))
      if (Number(high) > Number(low)) ends.set(`${topic} ${partition}`, Number(high))
  await admin.disconnect()
  return ends
}
