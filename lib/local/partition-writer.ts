import { type FileHandle, open } from 'node:fs/promises'
import { SluiceError } from '../errors.ts'
import { syncFolder } from './files.ts'
import { endOfFrames, segmentFile, segmentsOf } from './segment.ts'

/** A segment that has this size gets no further frame, in bytes. */
const SEGMENT_BYTES = 64 * 1024 * 1024

/** Appends frames to one partition of a log's folder. One call at a time; after one that rejected, open it again. */
export class PartitionWriter {
  readonly #folder: string
  #segment: FileHandle
  #position: number

  private constructor(folder: string, segment: FileHandle, position: number) {
    this.#folder = folder
    this.#segment = segment
    this.#position = position
  }

  /** Open a partition after its last whole frame; what a dead writer left behind that is cut off. Gives the next offset, too. */
  static async open(folder: string): Promise<{ writer: PartitionWriter; next: number }> {
    const base = (await segmentsOf(folder)).at(-1)
    if (base === undefined)
      throw new SluiceError('log-range', `There are no files in ${folder} any more: restore them`)
    const segment = await open(segmentFile(folder, base), 'r+')
    const { position, next } = await endOfFrames(segment, 0, base)
    await segment.truncate(position)
    await segment.datasync()
    return { writer: new PartitionWriter(folder, segment, position), next }
  }

  /** Append frames, the first of which has offset `base`. They are on the disk when this resolves. */
  async append(frames: readonly Buffer[], base: number): Promise<void> {
    if (this.#position >= SEGMENT_BYTES) await this.#roll(base)
    const bytes = frames.length === 1 ? frames[0]! : Buffer.concat(frames)
    for (let written = 0; written < bytes.length;) {
      const position = this.#position + written
      const { bytesWritten } = await this.#segment.write(bytes, written, undefined, position)
      written += bytesWritten
    }
    await this.#segment.datasync()
    this.#position += bytes.length
  }

  close(): Promise<void> {
    return this.#segment.close()
  }

  async #roll(base: number): Promise<void> {
    await this.#segment.close()
    this.#segment = await open(segmentFile(this.#folder, base), 'wx')
    this.#position = 0
    await syncFolder(this.#folder)
  }
}
