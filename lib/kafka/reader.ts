import { SluiceError } from '../errors.ts'
import type { Batch } from '../ports.ts'
import { errorName, isPassing, OFFSET_OUT_OF_RANGE } from './error-codes.ts'
import type { FetchedPartition } from './fetch.ts'
import { outOfRange, refusal, toBatch } from './fetched-batch.ts'
import type { Topic } from './topic.ts'

/** Small fetches win twice: in records a second and in memory. */
const MAX_BYTES_PER_PARTITION = 256 * 1024
const MAX_BYTES = 2 * 1024 * 1024

export interface ReaderOptions {
  /** Connected. */
  readonly topic: Topic
  /** Longest wait of a fetch for new records, in ms. */
  readonly pollTimeout: number
  /** Called from inside the reading loop: must not block. */
  deliver(batch: Batch): void
  /** Called where a fetch has failed twice or more in a row, with one of its partitions. It is tried again. */
  retrying(partition: number, error: unknown): void
  /** Called once, when reading cannot go on whatever is tried. */
  failed(error: SluiceError): void
}

/** Reads the partitions that it has been assigned, each from where it was told. */
export interface Reader {
  /**
   * Replaces the assignment. Partitions kept go on where they were; new ones wait for `seek` and
   * `resume`.
   */
  assign(partitions: readonly number[]): void
  seek(partition: number, offset: number): void
  pause(partitions: readonly number[]): void
  resume(partitions: readonly number[]): void
  stop(): void
}

interface Position {
  /** The offset to ask for next; undefined until the first seek. */
  offset: number | undefined
  paused: boolean
}

/** Offsets by partition. */
type Offsets = Map<number, number>

/**
 * One loop a broker fetches the partitions that it leads, so that no broker and no lane waits for
 * another. The batches of a partition are contiguous: `from` is always the last seek or the `next`
 * before. What arrives for a partition that has been paused, moved or taken away in the meantime
 * is dropped, and asked for again when it is due. A broker that is away is tried again for ever.
 * Memory is bounded by one fetch (2 MiB, or one larger record batch) a broker.
 */
export function startReader(options: ReaderOptions): Reader {
  const { topic } = options
  const positions = new Map<number, Position>()
  const loops = new Set<number>()
  let stopped = false

  /** What to fetch now, by the broker that leads it. */
  function due(): Map<number, Offsets> {
    const leaders = topic.leaders()
    const byLeader = new Map<number, Offsets>()
    for (const [partition, { offset, paused }] of positions) {
      if (paused || offset === undefined) continue
      const leader = leaders.get(partition) ?? -1
      const offsets = byLeader.get(leader) ?? new Map<number, number>()
      byLeader.set(leader, offsets.set(partition, offset))
    }
    return byLeader
  }

  function wake(): void {
    if (stopped) return
    for (const leader of due().keys()) {
      if (loops.has(leader)) continue
      loops.add(leader)
      void readFrom(leader)
    }
  }

  async function readFrom(leader: number): Promise<void> {
    let failures = 0
    for (let offsets; !stopped && (offsets = due().get(leader));) {
      try {
        await fetchOnce(leader, offsets)
        failures = 0
      } catch (error) {
        if (error instanceof SluiceError && error.code !== 'service') return fail(error)
        // once is what every move of a leader costs
        if (++failures > 1) options.retrying([...offsets.keys()][0]!, error)
        await topic.recover(failures)
      }
    }
    loops.delete(leader)
    wake()
  }

  async function fetchOnce(leader: number, offsets: Offsets): Promise<void> {
    const fetched = await topic.fetch(leader, {
      partitions: Array.from(offsets, ([partition, offset]) => ({ partition, offset })),
      maxWait: options.pollTimeout,
      maxBytesPerPartition: MAX_BYTES_PER_PARTITION,
      maxBytes: MAX_BYTES,
    })
    for (const part of fetched) if (part.error === 0) await take(part, offsets.get(part.partition)!)
    const wrong = fetched.find((part) => part.error !== 0)
    if (!wrong) return
    if (wrong.error === OFFSET_OUT_OF_RANGE)
      await checkRange(wrong.partition, offsets.get(wrong.partition)!)
    else if (!isPassing(wrong.error)) throw refusal(topic, wrong)
    throw new Error(errorName(wrong.error))
  }

  async function take(part: FetchedPartition, from: number): Promise<void> {
    const batch = await toBatch(topic, from, part)
    const position = positions.get(part.partition)
    if (stopped || batch.next === from || position?.offset !== from || position.paused) return
    position.offset = batch.next
    // To the end of the order: a fetch has room for few, and those asked for last may get none.
    positions.delete(part.partition)
    positions.set(part.partition, position)
    options.deliver(batch)
  }

  /** A new leader may lag for a moment; what is out of the topic's range stays so. */
  async function checkRange(partition: number, offset: number): Promise<void> {
    const ranges = await topic.ranges([partition])
    const range = ranges?.find((known) => known.partition === partition)
    if (!range || offset < range.low || offset > range.high)
      throw outOfRange(topic, partition, offset, range)
  }

  function fail(error: SluiceError): void {
    if (stopped) return
    stopped = true
    options.failed(error)
  }

  return {
    assign(partitions) {
      for (const known of positions.keys()) if (!partitions.includes(known)) positions.delete(known)
      for (const partition of partitions)
        if (!positions.has(partition)) positions.set(partition, { offset: undefined, paused: true })
    },
    seek(partition, offset) {
      const position = positions.get(partition)
      if (!position) return
      position.offset = offset
      wake()
    },
    pause(partitions) {
      for (const partition of partitions) {
        const position = positions.get(partition)
        if (position) position.paused = true
      }
    },
    resume(partitions) {
      for (const partition of partitions) {
        const position = positions.get(partition)
        if (position) position.paused = false
      }
      wake()
    },
    stop() {
      stopped = true
    },
  }
}
