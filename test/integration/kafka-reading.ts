import { setTimeout as sleep } from 'node:timers/promises'
import type { Batch, Group, GroupListener, Log } from '../../lib/ports.ts'
import { idOf, type TopicPartition, type Topics } from '../../lib/topics.ts'

/**
 * A member of a group that keeps what it is told, and checks that the batches of a partition
 * follow on each other. Partitions without a topic are those of the first one.
 */
export class Reading implements GroupListener {
  readonly topic: string
  readonly assignments: (readonly TopicPartition[])[] = []
  /** What the group knows of, as told last. */
  topics: Topics = new Map()
  readonly batches: Batch[] = []
  readonly failures: Error[] = []
  /** Where the next batch of a partition must begin. */
  readonly #expected = new Map<string, number>()
  group!: Group

  constructor(topic: string) {
    this.topic = topic
  }

  static async join(log: Log, topics: string | readonly string[], group: string): Promise<Reading> {
    const names = [topics].flat()
    const reading = new Reading(names[0]!)
    const found = await log.topics(names)
    const known = found.size > 0 ? found : new Map(names.map((name) => [name, 1]))
    reading.group = await log.join({ topics: known, group, pollTimeout: 100, listener: reading })
    await until(() => reading.assignments.length > 0)
    return reading
  }

  assigned(partitions: readonly TopicPartition[], topics: Topics): void {
    this.assignments.push(partitions)
    this.topics = topics
  }

  batch(batch: Batch): void {
    const id = idOf(batch)
    const expected = this.#expected.get(id)
    if (batch.from !== expected) this.failed(new Error(`${id}: ${batch.from} after ${expected}`))
    this.#expected.set(id, batch.next)
    this.batches.push(batch)
  }

  failed(error: Error): void {
    this.failures.push(error)
  }

  /** Ids of what is assigned now, sorted. */
  get ids(): string[] {
    return this.assignments.at(-1)!.map(idOf).sort()
  }

  /** What is assigned now of the first topic. */
  get partitions(): number[] {
    return this.assignments
      .at(-1)!
      .filter(({ topic }) => topic === this.topic)
      .map(({ partition }) => partition)
      .sort((a, b) => a - b)
  }

  of(partition: number, topic = this.topic): TopicPartition {
    return { topic, partition }
  }

  start(partition: number, offset: number, topic?: string): void {
    const from = this.of(partition, topic)
    this.#expected.set(idOf(from), offset)
    this.group.seek(from, offset)
    this.group.resume([from])
  }

  position(partition: number, topic?: string): number | undefined {
    return this.#expected.get(idOf(this.of(partition, topic)))
  }

  /** Resolves when a partition has been read up to this offset. */
  async reaches(partition: number, offset: number, topic?: string): Promise<void> {
    await until(() => (this.position(partition, topic) ?? 0) >= offset)
  }

  values(partition: number, topic?: string): string[] {
    const id = idOf(this.of(partition, topic))
    return this.batches
      .filter((batch) => idOf(batch) === id)
      .flatMap((batch) => batch.records.map((record) => String(record.bytes)))
  }
}

export async function until(
  condition: () => boolean | Promise<boolean>,
  every = 20,
): Promise<void> {
  while (!(await condition())) await sleep(every)
}
