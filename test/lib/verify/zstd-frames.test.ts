import { constants, zstdCompressSync } from 'node:zlib'
import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { endOfFrame, zstdFrames } from '../../../lib/verify/zstd-frames.ts'

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function framesOf(bytes: Buffer, size = 1_000): Promise<Buffer[]> {
  const frames: Buffer[] = []
  for await (const frame of zstdFrames(pieces(bytes, size))) frames.push(frame)
  return frames
}

/** What is in a frame: nothing, one byte over and over, text, noise; of sizes on either side of a block's 128 KiB. */
const contents = fc.oneof(
  fc.constant(Buffer.alloc(0)),
  fc.integer({ min: 1, max: 400_000 }).map((size) => Buffer.alloc(size, 'x')),
  fc.array(fc.lorem({ maxCount: 50 }), { maxLength: 20 }).map((text) => Buffer.from(text.join())),
  fc.uint8Array({ maxLength: 70_000, size: 'max' }).map((bytes) => Buffer.from(bytes)),
)

testProp(
  'frames are told apart, whatever is in them and however they come',
  [
    fc.array(fc.tuple(contents, fc.boolean()), { maxLength: 5 }),
    fc.integer({ min: 1, max: 100_000 }),
  ],
  async (t, files, size) => {
    const frames = files.map(([content, checksum]) =>
      zstdCompressSync(content, {
        params: { [constants.ZSTD_c_checksumFlag]: checksum ? 1 : 0 },
      }),
    )
    const found = await framesOf(Buffer.concat(frames), Math.max(size, 500))
    t.is(found.length, frames.length)
    t.true(found.every((frame, n) => frame.equals(frames[n]!)))
  },
  { numRuns: 50 },
)

test('no part of a frame is taken for the whole', (t) => {
  const frame = zstdCompressSync(Buffer.from('some text that is long enough to be compressed'))
  for (let length = 0; length < frame.length; length++)
    t.is(endOfFrame(frame.subarray(0, length)), undefined)
  t.is(endOfFrame(frame), frame.length)
})

test('what is no frame, and a frame that is cut short, are errors', async (t) => {
  const frame = zstdCompressSync(Buffer.from('text'))
  await t.throwsAsync(framesOf(Buffer.from('plain text')), { instanceOf: RangeError })
  await t.throwsAsync(framesOf(Buffer.concat([frame, frame.subarray(0, -1)])), {
    message: 'the last frame is cut short',
  })
})
