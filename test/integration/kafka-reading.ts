import { setTimeout as sleep } from 'node:timers/promises'
import type { Batch, Group, Log } from '../../lib/ports.ts'

/**
 * A member of a group that keeps what it is told, and checks that the batches of a partition
 * follow on each other.
 */
export class Reading {
  readonly assignments: (readonly number[])[] = []
  readonly batches: Batch[] = []
  readonly failures: Error[] = []
  /** Where the next batch of a partition must begin. */
  readonly #expected = new Map<number, number>()
  group!: Group

  static async join(log: Log, topic: string, group: string): Promise<Reading> {
    const reading = new Reading()
    reading.group = await log.join({ topic, group, pollTimeout: 100, listener: reading })
    await until(() => reading.assignments.length > 0)
    return reading
  }

  assigned(partitions: readonly number[]): void {
    this.assignments.push(partitions)
  }

  batch(batch: Batch): void {
    const expected = this.#expected.get(batch.partition)
    if (batch.from !== expected)
      this.failed(new Error(`${batch.partition}: ${batch.from} after ${expected}`))
    this.#expected.set(batch.partition, batch.next)
    this.batches.push(batch)
  }

  failed(error: Error): void {
    this.failures.push(error)
  }

  get partitions(): readonly number[] {
    return this.assignments.at(-1)!
  }

  start(partition: number, offset: number): void {
    this.#expected.set(partition, offset)
    this.group.seek(partition, offset)
    this.group.resume([partition])
  }

  position(partition: number): number | undefined {
    return this.#expected.get(partition)
  }

  /** Resolves when a partition has been read up to this offset. */
  async reaches(partition: number, offset: number): Promise<void> {
    await until(() => (this.position(partition) ?? 0) >= offset)
  }

  values(partition: number): string[] {
    return this.batches
      .filter((batch) => batch.partition === partition)
      .flatMap((batch) => batch.records.map((record) => String(record.bytes)))
  }
}

export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(20)
}
