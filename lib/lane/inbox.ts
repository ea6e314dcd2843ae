import type { Account } from '../memory.ts'
import { Chunk, CHUNK_BYTES, type Message, type SourceRecord } from '../message.ts'
import type { Batch } from '../ports.ts'

/** Most bytes of batches that a lane keeps ahead of its streams; the partition is paused above, and resumed below half of it. */
const AHEAD = 1024 * 1024

/** What an inbox asks of the group. */
export interface Tap {
  seek(offset: number): void
  pause(): void
  resume(): void
  /** Bytes that every lane may hold in rows: it keeps no more than that ahead of them. */
  share(): number
  /** Whether the process has memory for more. */
  full(): boolean
}

/**
 * What has been fetched for one lane and not yet fed to its streams. Takes batches without ever blocking, guards that each begins where the last one
 * ended, and turns them into chunks.
 */
export class Inbox {
  readonly #tap: Tap
  readonly #memory: Account
  readonly #most: number
  #batches: Batch[] = []
  /** Next record of the first batch. */
  #at = 0
  #expected: number
  #paused = true
  #wake: () => void = () => undefined

  /** @param most most records of a chunk */
  constructor(from: number, most: number, tap: Tap, memory: Account) {
    this.#expected = from
    this.#most = most
    this.#tap = tap
    this.#memory = memory
  }

  get #ahead(): number {
    return Math.min(AHEAD, this.#tap.share())
  }

  /** Where the next batch has to begin. */
  get expected(): number {
    return this.#expected
  }

  get empty(): boolean {
    return this.#batches.length === 0
  }

  /** Have the group fetch from here: at the start, and after every new assignment. */
  open(): void {
    this.#tap.seek(this.#expected)
    this.#paused = false
    this.#tap.resume()
  }

  /** Take a batch in. One that does not begin where the lane expects was fetched before a seek: it is dropped, and fetched again. */
  put(batch: Batch): void {
    if (batch.from !== this.#expected) return this.#tap.seek(this.#expected)
    this.#expected = batch.next
    this.#batches.push(batch)
    this.#memory.charge(batch.bytes)
    if (!this.#paused && (this.#memory.held > this.#ahead || this.#tap.full())) {
      this.#paused = true
      this.#tap.pause()
    }
    this.#wake()
  }

  /** Fetch on, when there is room again. */
  relax(): void {
    if (!this.#paused || this.#memory.held > this.#ahead / 2 || this.#tap.full()) return
    this.#paused = false
    this.#tap.resume()
  }

  /** Resolves when there is something, or when `other` does. */
  async filled(other: Promise<unknown>): Promise<void> {
    if (!this.empty) return
    await Promise.race([
      other,
      new Promise<void>((resolve) => {
        this.#wake = resolve
      }),
    ])
  }

  /** Wake whoever waits in `filled`. */
  nudge(): void {
    this.#wake()
  }

  /**
   * The next records as a chunk, and the offset after them; a chunk without messages where the log has none to show.
   *
   * @param until only records below this offset
   */
  next(until = Infinity): { chunk: Chunk<Buffer | null>; bytes: number; to: number } | undefined {
    const batch = this.#batches[0]
    if (!batch) return undefined
    const messages: Message<Buffer | null>[] = []
    let bytes = 0
    while (this.#at < batch.records.length && messages.length < this.#most) {
      const record = batch.records[this.#at] as SourceRecord
      const size = record.bytes?.length ?? 0
      if (record.offset >= until) break
      if (messages.length > 0 && bytes + size > CHUNK_BYTES) break
      messages.push(fromRecord(record))
      bytes += size
      this.#at++
    }
    const after = batch.records[this.#at]?.offset ?? batch.next
    const done = this.#at >= batch.records.length && after <= until
    const to = Math.min(after, until)
    if (done) {
      this.#batches.shift()
      this.#at = 0
      this.#memory.release(batch.bytes)
    }
    return { chunk: new Chunk(messages), bytes, to }
  }
}

const fromRecord = (record: SourceRecord): Message<Buffer | null> => ({
  value: record.bytes,
  time: -Infinity,
  watermark: -Infinity,
  record,
  index: 0,
  verbatim: true,
})
