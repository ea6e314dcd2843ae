import type { FileHandle } from 'node:fs/promises'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { claimedLength, type Frame, frameAt } from './frame.ts'
import { ifThere, readAt } from './files.ts'

/** How much of a segment is read at a time, unless one frame alone is larger, in bytes. */
const READ_BYTES = 256 * 1024

/** After so many records no further frame is taken into one read. */
const READ_RECORDS = 4_000

const NAME = /^(\d{20})\.log$/

/** The file of the segment whose first record has offset `base`. */
export const segmentFile = (folder: string, base: number): string =>
  join(folder, `${String(base).padStart(20, '0')}.log`)

/** The first offsets of a partition's segments, ascending; empty where there is none. */
export async function segmentsOf(folder: string): Promise<number[]> {
  const names = (await ifThere(readdir(folder))) ?? []
  return names
    .map((name) => NAME.exec(name)?.[1])
    .filter((digits) => digits !== undefined)
    .map(Number)
    .toSorted((a, b) => a - b)
}

/** Whole frames that follow each other, in the buffer that they were read into. */
export interface Frames {
  readonly buffer: Buffer
  readonly frames: readonly Frame[]
  /** Where the next frame begins in the segment, in bytes, and the offset of its first record. */
  readonly position: number
  readonly next: number
}

/**
 * The whole frames at a position of a segment, about 256 KiB of them or one that is larger. None when the segment ends there or goes
 * on with something that is not (yet) a frame that begins with offset `base`.
 */
export async function readFrames(
  segment: FileHandle,
  position: number,
  base: number,
): Promise<Frames> {
  const available = (await segment.stat()).size - position
  let buffer = Buffer.allocUnsafeSlow(Math.max(0, Math.min(READ_BYTES, available)))
  let filled = await readAt(segment, buffer, position)
  const length = claimedLength(buffer, 0, filled)
  if (length > READ_BYTES && length <= available) {
    buffer = Buffer.allocUnsafeSlow(length)
    filled = await readAt(segment, buffer, position)
  }
  const frames: Frame[] = []
  let [end, next] = [0, base]
  while (next - base < READ_RECORDS) {
    const frame = frameAt(buffer, end, filled, next)
    if (frame === undefined) break
    frames.push(frame)
    end = frame.end
    next += frame.count
  }
  // Records keep the whole buffer: little data must not keep a large one.
  if (end < buffer.length / 2) buffer = Buffer.from(buffer.subarray(0, end))
  return { buffer, frames, position: position + end, next }
}

/** Where the whole frames of a segment end, from a frame that begins at `position` with offset `base`: in bytes, and the next offset. */
export async function endOfFrames(
  segment: FileHandle,
  position: number,
  base: number,
): Promise<{ position: number; next: number }> {
  let end = { position, next: base }
  for (;;) {
    const { frames, ...after } = await readFrames(segment, end.position, end.next)
    if (frames.length === 0) return end
    end = { position: after.position, next: after.next }
  }
}
