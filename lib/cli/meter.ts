import type { Clock } from '../clock.ts'
import { type Duration, seconds } from '../duration.ts'
import type { Batch, Log } from '../ports.ts'
import { idOf, type TopicPartition, type Topics } from '../topics.ts'
import { formatBytes, formatCount } from './text.ts'

/** The rate is that of the last so many ms. */
const RECENT: Duration = seconds(5)

interface Sample {
  readonly at: number
  readonly records: number
}

/** How far a running pipeline is. */
export interface Progress {
  readonly records: number
  /** Records a second, of late. */
  readonly rate: number
  /** Records that are still to be read, of the partitions read here. */
  readonly lag: number
  readonly objects: number
  /** Bytes that the process takes now. */
  readonly memory: number
}

/** Records, rate, lag, objects and memory in one line. */
export const progressLine = ({ records, rate, lag, objects, memory }: Progress): string =>
  [
    `${formatCount(records)} records`,
    `${formatCount(rate)}/s`,
    `lag ${formatCount(lag)}`,
    `${formatCount(objects)} objects`,
    formatBytes(memory),
  ].join('  ')

/** What a running pipeline has done so far, for its progress line. */
export class Meter {
  readonly #clock: Clock
  readonly #samples: Sample[]
  /** Records fetched. */
  records = 0
  /** By the id of a partition. */
  readonly #next = new Map<string, number>()
  readonly #ends = new Map<string, number>()
  /** What the pipeline reads, here and in other processes. */
  topics: Topics = new Map()
  objects = 0

  constructor(clock: Clock) {
    this.#clock = clock
    this.#samples = [{ at: clock.now(), records: 0 }]
  }

  /** The same log, with everything that its groups read and every range that they ask for noted here. */
  watch(log: Log): Log {
    return {
      place: log.place,
      topics: (wanted) => log.topics(wanted),
      ranges: async (topic, partitions) => {
        const ranges = await log.ranges(topic, partitions)
        for (const { partition, high } of ranges ?? [])
          this.#ends.set(idOf({ topic, partition }), high)
        return ranges
      },
      topicIds: (topics) => log.topicIds(topics),
      create: (topic, partitions) => log.create(topic, partitions),
      join: (options) => {
        const { listener } = options
        return log.join({
          ...options,
          listener: {
            assigned: (partitions, topics) => {
              this.topics = topics
              this.#forgetOthers(partitions)
              listener.assigned(partitions, topics)
            },
            retrying: (partition, reason) => listener.retrying?.(partition, reason),
            failed: (error) => listener.failed(error),
            batch: (batch) => {
              this.#read(batch)
              listener.batch(batch)
            },
          },
        })
      },
      producer: (topic) => log.producer(topic),
      read: (topic, partition, from, to) => log.read(topic, partition, from, to),
      close: () => log.close(),
    }
  }

  /** Where a partition ends, as far as that is known. */
  endOf(lane: TopicPartition): number | undefined {
    return this.#ends.get(idOf(lane))
  }

  progress(): Progress {
    return {
      records: this.records,
      rate: this.#rate(),
      lag: this.#lag(),
      objects: this.objects,
      memory: process.memoryUsage.rss(),
    }
  }

  line(): string {
    return progressLine(this.progress())
  }

  /** What another process reads now is no lag of this one. */
  #forgetOthers(partitions: readonly TopicPartition[]): void {
    const own = new Set(partitions.map(idOf))
    for (const id of this.#next.keys()) if (!own.has(id)) this.#next.delete(id)
  }

  #read(batch: Batch): void {
    const { next, records } = batch
    const id = idOf(batch)
    this.records += records.length
    this.#next.set(id, next)
    if (next > (this.#ends.get(id) ?? 0)) this.#ends.set(id, next)
  }

  #rate(): number {
    const now = { at: this.#clock.now(), records: this.records }
    this.#samples.push(now)
    while (this.#samples.length > 2 && this.#samples[1]!.at <= now.at - RECENT)
      this.#samples.shift()
    const { at, records } = this.#samples[0]!
    return at === now.at ? 0 : ((now.records - records) * 1_000) / (now.at - at)
  }

  #lag(): number {
    let lag = 0
    for (const [id, next] of this.#next) lag += (this.#ends.get(id) ?? next) - next
    return lag
  }
}
