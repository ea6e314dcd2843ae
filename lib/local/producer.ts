import { join } from 'node:path'
import { systemClock } from '../clock.ts'
import { SluiceError } from '../errors.ts'
import { partitionOf } from '../murmur2.ts'
import type { NewRecord, Producer } from '../ports.ts'
import { FrameWriter } from './frame.ts'
import { logFailure } from './log-failure.ts'
import { type Lock, takeLock } from './lock.ts'
import { PartitionWriter } from './partition-writer.ts'
import { partitionFolder, type Topic } from './topic.ts'

/** A frame that has this size gets no further record, in bytes. */
const FRAME_BYTES = 64 * 1024

interface Partition {
  readonly writer: PartitionWriter
  readonly frame: FrameWriter
  /** The offset of the frame's first record. */
  base: number
  /** Frames to be written, the first of which has offset `from`. */
  waiting: Buffer[]
  from: number
}

/** Open the producer of a topic. @throws SluiceError `config` when another process has it. */
export async function openProducer(topic: Topic): Promise<Producer> {
  const lock = await takeLock(
    join(topic.folder, 'producer'),
    (pid) =>
      new SluiceError(
        'config',
        `Process ${pid} writes to topic ${topic.name} in ${topic.folder}, and a folder takes one at a time: wait for it to end, or stop it`,
      ),
  )
  const partitions: Partition[] = []
  try {
    for (let i = 0; i < topic.partitions; i++) {
      const { writer, next } = await PartitionWriter.open(partitionFolder(topic, i))
      partitions.push({ writer, frame: new FrameWriter(), base: next, waiting: [], from: next })
    }
  } catch (error) {
    await closeAll(partitions, lock)
    throw error
  }
  return new FolderProducer(topic, partitions, lock)
}

/** What is appended while a write is under way goes with the next one. Memory: the records whose `append` has not resolved, once. */
class FolderProducer implements Producer {
  readonly #topic: Topic
  readonly #partitions: readonly Partition[]
  readonly #lock: Lock
  #turn = 0
  #writing: Promise<void> = Promise.resolve()
  #next: Promise<void> | undefined

  constructor(topic: Topic, partitions: readonly Partition[], lock: Lock) {
    this.#topic = topic
    this.#partitions = partitions
    this.#lock = lock
  }

  get partitions(): number {
    return this.#partitions.length
  }

  async append(records: readonly NewRecord[]): Promise<void> {
    for (const { partition } of records) if (partition !== undefined) this.#check(partition)
    const now = systemClock.now()
    for (const record of records) this.#add(record, now)
    for (const partition of this.#partitions) endFrame(partition)
    this.#next ??= this.#writing.then(() => {
      this.#next = undefined
      this.#writing = this.#write()
      return this.#writing
    })
    await this.#next
  }

  async close(): Promise<void> {
    await (this.#next ?? this.#writing).catch(() => {})
    await closeAll(this.#partitions, this.#lock)
  }

  #add(record: NewRecord, now: number): void {
    const key = bytesOf(record.key)
    const partition = this.#partitions[record.partition ?? this.#partitionOf(key)]!
    const { frame } = partition
    frame.add(key, bytesOf(record.value), record.headers, record.timestamp ?? now)
    if (frame.bytes >= FRAME_BYTES) endFrame(partition)
  }

  #partitionOf(key: Uint8Array | null): number {
    const { length } = this.#partitions
    return key === null ? this.#turn++ % length : partitionOf(key, length)
  }

  #check(partition: number): void {
    if (partition in this.#partitions) return
    throw new SluiceError(
      'config',
      `Topic ${this.#topic.name} in ${this.#topic.folder} has no partition ${partition}: it has ${this.#partitions.length}, from 0`,
    )
  }

  /** After a failure every further `append` rejects: where the files end is not known then. */
  async #write(): Promise<void> {
    const due = this.#partitions.filter(({ waiting }) => waiting.length > 0)
    try {
      await Promise.all(due.map(writeWaiting))
    } catch (error) {
      throw logFailure(`Cannot write to topic ${this.#topic.name} in ${this.#topic.folder}`, error)
    }
  }
}

function endFrame(partition: Partition): void {
  const { frame, base } = partition
  if (frame.count === 0) return
  partition.base += frame.count
  partition.waiting.push(frame.take(base))
}

function writeWaiting(partition: Partition): Promise<void> {
  const { writer, waiting, from, base } = partition
  partition.waiting = []
  partition.from = base
  return writer.append(waiting, from)
}

async function closeAll(partitions: readonly Partition[], lock: Lock): Promise<void> {
  await Promise.all(partitions.map(({ writer }) => writer.close()))
  await lock.release()
}

const bytesOf = (text: Uint8Array | string | null): Uint8Array | null =>
  typeof text === 'string' ? Buffer.from(text) : text
