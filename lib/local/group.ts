import { systemClock } from '../clock.ts'
import type { Group, GroupListener, MirrorEntry } from '../ports.ts'
import { idOf, partitionsOf, type TopicPartition, type Topics, unionOf } from '../topics.ts'
import { logFailure } from './log-failure.ts'
import type { Mirror } from './mirror.ts'
import type { Cursor, PartitionReader } from './partition-reader.ts'

/** The first wait at the end of the log, in ms; it doubles up to the longest, or to the poll time-out where that is shorter. */
const FIRST_WAIT = 5
const LONGEST_WAIT = 100

interface Partition {
  readonly reader: PartitionReader
  paused: boolean
  /** Where to read on; an offset until it is found; undefined until the first seek. */
  place: Cursor | number | undefined
}

/** What a group has of one topic. */
export interface OpenTopic {
  /** By partition. */
  readonly readers: readonly PartitionReader[]
  readonly mirror: Mirror
}

export interface FolderGroupOptions {
  /** The log's folder, for messages. */
  readonly place: string
  readonly topics: Topics
  open(topic: string, partitions: number): OpenTopic
  readonly listener: GroupListener
  /** Longest wait before it looks for new records again, in ms. */
  readonly pollTimeout: number
  /** Called once, when nothing is read any more. */
  readonly onLeft: () => Promise<void>
}

/**
 * The only member of a group on a folder: it has all partitions, from soon after its making until it leaves. It reads them in turn, one
 * read at a time, and so holds one batch that the listener has not had.
 */
export class FolderGroup implements Group {
  readonly #options: FolderGroupOptions
  readonly #partitions = new Map<string, Partition>()
  readonly #mirrors = new Map<string, Mirror>()
  readonly #reading: Promise<void>
  #topics: Topics = new Map()
  #told = false
  #left = false
  #waiting = new AbortController()

  constructor(options: FolderGroupOptions) {
    this.#options = options
    this.#open(options.topics)
    this.#reading = this.#run()
  }

  subscribe(topics: Topics): void {
    this.#open(topics)
    if (this.#told) this.#tell()
  }

  seek(partition: TopicPartition, offset: number): void {
    this.#of(partition).place = offset
    this.#wake()
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#of(partition).paused = true
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#of(partition).paused = false
    this.#wake()
  }

  async mirror(entries: readonly MirrorEntry[]): Promise<boolean> {
    try {
      for (const [topic, some] of Map.groupBy(entries, (entry) => entry.topic))
        await this.#mirrors.get(topic)?.write(some)
      return true
    } catch {
      return false
    }
  }

  async readMirror(): Promise<MirrorEntry[]> {
    const all = await Promise.all([...this.#mirrors.values()].map((mirror) => mirror.read()))
    return all.flat()
  }

  async leave(): Promise<void> {
    if (this.#left) return this.#reading
    this.#left = true
    this.#wake()
    await this.#reading
  }

  #of(partition: TopicPartition): Partition {
    return this.#partitions.get(idOf(partition))!
  }

  #open(topics: Topics): void {
    for (const [topic, count] of topics) {
      if (this.#topics.has(topic)) continue
      const { readers, mirror } = this.#options.open(topic, count)
      this.#mirrors.set(topic, mirror)
      for (const [partition, reader] of readers.entries())
        this.#partitions.set(idOf({ topic, partition }), { reader, paused: true, place: undefined })
    }
    this.#topics = unionOf([topics, this.#topics])
  }

  #tell(): void {
    this.#told = true
    if (!this.#left) this.#options.listener.assigned(partitionsOf(this.#topics), this.#topics)
  }

  async #run(): Promise<void> {
    const { listener, onLeft } = this.#options
    try {
      await systemClock.sleep(0)
      this.#tell()
      await this.#readInTurn()
    } catch (error) {
      if (!this.#left) listener.failed(logFailure(`Cannot read from ${this.#options.place}`, error))
    }
    for (const { reader } of this.#partitions.values()) await reader.close()
    await onLeft()
  }

  async #readInTurn(): Promise<void> {
    const longest = Math.min(LONGEST_WAIT, this.#options.pollTimeout)
    let wait = FIRST_WAIT
    while (!this.#left) {
      let delivered = false
      for (const partition of this.#partitions.values())
        if (this.#isOpen(partition)) delivered = (await this.#readOne(partition)) || delivered
      if (!delivered) await this.#wait(wait)
      wait = delivered ? FIRST_WAIT : Math.min(longest, wait * 2)
    }
  }

  /** Hand on the next batch of a partition, unless it was paused or moved meanwhile. True when there was one. */
  async #readOne(partition: Partition): Promise<boolean> {
    const { reader, place } = partition
    const cursor = typeof place === 'number' ? await reader.find(place) : place!
    const read = await reader.read(cursor)
    if (partition.place !== place) return false
    partition.place = read && this.#isOpen(partition) ? read.cursor : cursor
    if (read === undefined || !this.#isOpen(partition)) return false
    this.#options.listener.batch(read.batch)
    return true
  }

  #isOpen({ paused, place }: Partition): boolean {
    return !this.#left && !paused && place !== undefined
  }

  /** Wait so long for records, or where none are wanted, until some are. */
  async #wait(ms: number): Promise<void> {
    const { signal } = this.#waiting
    const wanted = [...this.#partitions.values()].some((partition) => this.#isOpen(partition))
    await systemClock.sleep(wanted ? ms : this.#options.pollTimeout, signal).catch(() => {})
    if (signal.aborted) this.#waiting = new AbortController()
  }

  #wake(): void {
    this.#waiting.abort()
  }
}
