import { type FileHandle, open } from 'node:fs/promises'
import { type ErrorCode, SluiceError } from '../errors.ts'
import type { SourceRecord } from '../message.ts'
import type { Batch } from '../ports.ts'
import { ifThere } from './files.ts'
import { decodeFrame, decodedBytes } from './frame.ts'
import { endOfFrames, type Frames, readFrames, segmentFile, segmentsOf } from './segment.ts'

/** A place in a partition: the frame at `position` of a segment begins with offset `base`, and what is wanted begins at `from`. */
export interface Cursor {
  readonly segment: number
  readonly position: number
  readonly base: number
  readonly from: number
}

/** Reads one partition of a log's folder, also while it is written. One read at a time. */
export class PartitionReader {
  readonly #topic: string
  readonly #partition: number
  readonly #folder: string
  #open: { readonly segment: number; readonly file: FileHandle } | undefined
  /** How far the last segment is known to be whole. */
  #known = { segment: -1, position: 0, next: 0 }

  constructor(topic: string, partition: number, folder: string) {
    this.#topic = topic
    this.#partition = partition
    this.#folder = folder
  }

  /** The lowest offset, and the offset after the last whole frame. Only what is new since the last call is read. */
  async range(): Promise<{ low: number; high: number }> {
    const segments = await this.#segments()
    const last = segments.at(-1)!
    if (this.#known.segment !== last) this.#known = { segment: last, position: 0, next: last }
    const { position, next } = this.#known
    const end = await endOfFrames(await this.#file(last), position, next)
    this.#known = { segment: last, ...end }
    return { low: segments[0]!, high: end.next }
  }

  /**
   * Where to read from for the records from this offset on: at most one read before it, or at the end of the partition.
   *
   * @throws SluiceError `log-range` when the offset is below the lowest.
   */
  async find(offset: number): Promise<Cursor> {
    const segment = (await this.#segments()).findLast((base) => base <= offset)
    if (segment === undefined)
      throw this.#error('log-range', `offset ${offset} is not there any more`)
    const file = await this.#file(segment)
    let cursor = { segment, position: 0, base: segment, from: offset }
    for (;;) {
      const { frames, position, next } = await readFrames(file, cursor.position, cursor.base)
      if (frames.length === 0 || next > offset) return cursor
      cursor = { ...cursor, position, base: next }
    }
  }

  /**
   * The next records at a cursor and the cursor after them; undefined when there are none yet. What is not a whole frame at the end of
   * the partition is taken for one that is being written.
   *
   * @throws SluiceError `corrupt` when a segment that is complete does not hold all its records, `log-range` when it was removed.
   */
  async read(cursor: Cursor): Promise<{ batch: Batch; cursor: Cursor } | undefined> {
    let at: Cursor | undefined = cursor
    while (at !== undefined) {
      const read = await readFrames(await this.#file(at.segment), at.position, at.base)
      const after: Cursor = { ...at, position: read.position, base: read.next }
      if (read.next > cursor.from)
        return { batch: this.#batch(read, cursor.from), cursor: { ...after, from: read.next } }
      at = read.frames.length > 0 ? after : await this.#following(at)
    }
    return undefined
  }

  async close(): Promise<void> {
    await this.#open?.file.close()
    this.#open = undefined
  }

  /** Where to go on after a read without frames; undefined when there is nothing more yet. */
  async #following(at: Cursor): Promise<Cursor | undefined> {
    const segment = (await this.#segments()).find((base) => base > at.segment)
    if (segment === undefined) return undefined
    // The segment is complete only now that there is another: it may have grown since that read.
    const { frames } = await readFrames(await this.#file(at.segment), at.position, at.base)
    if (frames.length > 0) return at
    if (segment === at.base) return { ...at, segment, position: 0 }
    throw this.#error(
      'corrupt',
      `${segmentFile(this.#folder, at.segment)} is damaged at byte ${at.position}: records ${at.base} to ${segment - 1} cannot be read. Restore the file`,
    )
  }

  #batch({ buffer, frames, next }: Frames, from: number): Batch {
    const records: SourceRecord[] = []
    const origin = { topic: this.#topic, partition: this.#partition, from }
    for (const frame of frames) decodeFrame(buffer, frame, origin, records)
    const bytes = decodedBytes(buffer, records.length)
    return { topic: this.#topic, partition: this.#partition, from, next, records, bytes }
  }

  async #segments(): Promise<number[]> {
    const segments = await segmentsOf(this.#folder)
    if (segments.length > 0) return segments
    throw this.#error('log-range', 'its files are not there any more')
  }

  async #file(segment: number): Promise<FileHandle> {
    if (this.#open?.segment === segment) return this.#open.file
    await this.close()
    const file = await ifThere(open(segmentFile(this.#folder, segment)))
    if (file === undefined)
      throw this.#error('log-range', `${segmentFile(this.#folder, segment)} is not there any more`)
    this.#open = { segment, file }
    return file
  }

  #error(code: ErrorCode, what: string): SluiceError {
    return new SluiceError(code, `Cannot read from ${this.#folder}: ${what}`)
  }
}
