import { fc, testProp } from '@fast-check/ava'
import { FrameWriter, decodeFrame, frameAt } from '../../../lib/local/frame.ts'
import type { SourceRecord } from '../../../lib/message.ts'

const bytes = fc.option(fc.uint8Array({ maxLength: 300 }))
const record = fc.record({
  key: bytes,
  value: bytes,
  headers: fc.option(fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 }), { nil: undefined }),
  timestamp: fc.integer({ min: -1, max: 2 ** 50 }),
})
const records = fc.array(record, { minLength: 1, maxLength: 20 })
const offset = fc.maxSafeNat().map((n) => n % 2 ** 52)

type Written = typeof record extends fc.Arbitrary<infer T> ? T : never

function encode(written: readonly Written[], base: number): Buffer {
  const writer = new FrameWriter()
  for (const { key, value, headers, timestamp } of written)
    writer.add(key, value, headers, timestamp)
  return writer.take(base)
}

const buffer = (part: Uint8Array | null): Buffer | null =>
  part === null ? null : Buffer.from(part)

testProp(
  'a frame gives its records back',
  [records, offset, fc.nat(20)],
  (t, all, base, skipped) => {
    const encoded = Buffer.concat([Buffer.from('before'), encode(all, base), Buffer.from('after')])
    const frame = frameAt(encoded, 6, encoded.length, base)!
    t.is(frame.end, encoded.length - 5)
    t.is(frame.count, all.length)
    const decoded: SourceRecord[] = []
    decodeFrame(encoded, frame, { topic: 'views', partition: 3, from: base + skipped }, decoded)
    t.deepEqual(
      decoded,
      all
        .map(({ key, value, headers, timestamp }, i) => ({
          topic: 'views',
          partition: 3,
          offset: base + i,
          timestamp,
          key: buffer(key),
          headers:
            headers &&
            Object.fromEntries(
              Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)]),
            ),
          bytes: buffer(value),
        }))
        .slice(skipped),
    )
  },
)

testProp('a frame of which the end is missing is none', [records, offset], (t, all, base) => {
  const encoded = encode(all, base)
  for (let end = 0; end < encoded.length; end++) t.is(frameAt(encoded, 0, end, base), undefined)
})

testProp('a frame with an altered byte is none', [records, offset, fc.nat()], (t, all, base, n) => {
  const encoded = encode(all, base)
  encoded[n % encoded.length]! ^= 1 << (n % 8)
  t.is(frameAt(encoded, 0, encoded.length, base), undefined)
})

testProp('a frame that belongs elsewhere is none', [records, offset], (t, all, base) => {
  const encoded = encode(all, base)
  t.is(frameAt(encoded, 0, encoded.length, base + 1), undefined)
  t.is(frameAt(Buffer.alloc(64), 0, 64, 0), undefined)
})
