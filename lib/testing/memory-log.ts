import { type Clock, systemClock } from '../clock.ts'
import { SluiceError } from '../errors.ts'
import type { SourceRecord } from '../message.ts'
import { partitionOf } from '../murmur2.ts'
import type { Batch, Group, Log, NewRecord, PartitionRange, Producer } from '../ports.ts'
import { type Selection, selects, type TopicPartition } from '../topics.ts'
import { type Assignment, MemoryGroup, shared } from './memory-group.ts'

/** Bytes that a record takes besides its value, as a guess at what a client's objects take. */
const RECORD_BYTES = 100

export interface MemoryLogOptions {
  /** For the timestamps of records that state none. The machine's, unless said otherwise. */
  readonly clock?: Clock
  /** Most records of a batch. 100 unless said otherwise. */
  readonly batchRecords?: number
  /** Who reads what: which partitions each of so many members gets. In turn, unless said otherwise. */
  readonly assignment?: Assignment
}

/** A log in memory. It keeps all that was appended until the test ends. */
export interface MemoryLog extends Log {
  /** Give a topic more partitions. A group shares them out when one of its members has subscribed to them. */
  addPartitions(topic: string, partitions: number): void
  /** Take a topic away, as an administrator does. */
  remove(topic: string): void
  /** Let the next offsets of a partition hold no record, as a transaction's marker or a compacted record does. */
  skip(topic: string, partition: number, offsets: number): void
  /** Delete the records below an offset, as retention does. */
  trim(topic: string, partition: number, low: number): void
}

/** One partition: records by offset, with holes where there is none. */
interface MemoryPartition {
  readonly records: (SourceRecord | undefined)[]
  low: number
}

/** An empty log. Groups may have any number of members in this process; whoever joins or leaves moves the partitions among them at once. */
export function memoryLog({
  clock = systemClock,
  batchRecords = 100,
  assignment = shared,
}: MemoryLogOptions = {}): MemoryLog {
  const topics = new Map<string, MemoryPartition[]>()
  const ids = new Map<string, string>()
  let made = 0
  const groups = new Map<string, MemoryGroup>()
  let turn = 0

  const partitionsOf = (topic: string): MemoryPartition[] => {
    const partitions = topics.get(topic)
    if (partitions) return partitions
    throw new SluiceError('config', `there is no topic ${topic} in memory: create it first`)
  }

  const partitionAt = ({ topic, partition }: TopicPartition): MemoryPartition => {
    const partitions = partitionsOf(topic)
    const found = partitions[partition]
    if (found) return found
    const { length } = partitions
    throw new SluiceError(
      'config',
      `${topic} in memory has no partition ${partition}: it has ${length}, and the first is 0`,
    )
  }

  const grown = (): void => {
    for (const group of groups.values()) group.wake()
  }

  const read = ({ topic, partition }: TopicPartition, from: number): Batch | undefined => {
    const { low, records } = partitionAt({ topic, partition })
    if (from < low || from > records.length)
      throw new SluiceError(
        'log-range',
        `${topic}-${partition} in memory holds ${low} to ${records.length}, and not ${from}`,
      )
    if (from === records.length) return undefined
    const next = Math.min(from + batchRecords, records.length)
    return batchOf({ topic, partition }, from, next, records)
  }

  /** Nothing comes of a topic that was taken away. */
  const readIfThere = (partition: TopicPartition, from: number): Batch | undefined =>
    topics.has(partition.topic) ? read(partition, from) : undefined

  const append = (topic: string, { length }: MemoryPartition[], record: NewRecord): void => {
    const key = bytesOf(record.key)
    const partition = record.partition ?? (key ? partitionOf(key, length) : turn++ % length)
    const { records } = partitionAt({ topic, partition })
    const { timestamp = clock.now() } = record
    const headers = record.headers && headersOf(record.headers)
    const offset = records.length
    const bytes = bytesOf(record.value)
    records.push({ topic, partition, offset, timestamp, key, headers, bytes })
  }

  const groupOf = (name: string): MemoryGroup => {
    const group = groups.get(name) ?? new MemoryGroup(assignment, readIfThere)
    groups.set(name, group)
    return group
  }

  return {
    place: 'memory',

    async topics(wanted: Selection) {
      const there = [...topics].filter(([topic]) => selects(wanted, topic))
      return new Map(there.map(([topic, partitions]) => [topic, partitions.length]))
    },

    async ranges(topic) {
      return topics.get(topic)?.map(({ low, records }, partition): PartitionRange => ({
        partition,
        low,
        high: records.length,
      }))
    },

    topicIds: async (wanted) =>
      new Map([...ids].filter(([topic]) => wanted.includes(topic) && topics.has(topic))),

    async create(topic, partitions) {
      if (topics.has(topic)) return
      ids.set(topic, String(made++))
      topics.set(
        topic,
        Array.from({ length: partitions }, () => ({ records: [], low: 0 })),
      )
    },

    async join({ topics: wanted, group, listener }): Promise<Group> {
      for (const topic of wanted.keys()) partitionsOf(topic)
      return groupOf(group).join(wanted, listener)
    },

    async producer(topic): Promise<Producer> {
      const partitions = partitionsOf(topic)
      return {
        get partitions() {
          return partitions.length
        },
        append: async (records) => {
          for (const record of records) append(topic, partitions, record)
          grown()
        },
        close: async () => undefined,
      }
    },

    async *read(topic, partition, from, to) {
      for (let at = from; at < to;) {
        const batch = read({ topic, partition }, at)
        if (!batch) throw new SluiceError('log-range', `${topic}-${partition} ends at ${at}`)
        at = batch.next
        yield batch.next <= to
          ? batch
          : { ...batch, next: to, records: batch.records.filter(({ offset }) => offset < to) }
      }
    },

    close: async () => undefined,

    addPartitions(topic, partitions) {
      const all = partitionsOf(topic)
      for (let n = 0; n < partitions; n++) all.push({ records: [], low: 0 })
    },

    remove(topic) {
      topics.delete(topic)
    },

    skip(topic, partition, offsets) {
      const { records } = partitionAt({ topic, partition })
      for (let i = 0; i < offsets; i++) records.push(undefined)
      grown()
    },

    trim(topic, partition, low) {
      const trimmed = partitionAt({ topic, partition })
      trimmed.low = Math.max(trimmed.low, low)
    },
  }
}

function batchOf(
  partition: TopicPartition,
  from: number,
  next: number,
  all: MemoryPartition['records'],
): Batch {
  const records = all.slice(from, next).filter((record) => record !== undefined)
  const bytes = records.reduce(
    (sum, { bytes: value }) => sum + (value?.length ?? 0) + RECORD_BYTES,
    0,
  )
  return { ...partition, from, next, records, bytes }
}

const bytesOf = (text: Uint8Array | string | null): Buffer | null =>
  text === null ? null : typeof text === 'string' ? Buffer.from(text) : Buffer.from(text)

const headersOf = (headers: NonNullable<NewRecord['headers']>): Record<string, Buffer> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Buffer.from(value)]))
