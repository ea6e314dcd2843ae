import { randomBytes } from 'node:crypto'
import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { BLOCK, RunIndex, RunIndexWriter } from '../../../lib/commit/run-index.ts'

const size = fc.oneof(fc.nat(300), fc.nat(3 * BLOCK), fc.nat(2 ** 40))

testProp(
  'an index tells of each object which rows are its own, and where',
  [fc.array(fc.tuple(fc.integer({ min: 1, max: 2 ** 45 }), fc.nat(1e6), size), { maxLength: 40 })],
  (t, objects) => {
    const writer = new RunIndexWriter()
    const entries = []
    let [serial, from] = [0, 0]
    for (const [step, rows, bytes] of objects) {
      serial += step
      writer.add(serial, rows, bytes)
      entries.push({ serial, rows, from, to: from + bytes })
      from += bytes
    }
    const blocks = Math.ceil(from / BLOCK)
    const hashes = Array.from({ length: Math.min(blocks, 100) }, () => randomBytes(32))
    for (const hash of hashes) writer.hash(hash)
    if (blocks > hashes.length) {
      t.throws(() => new RunIndex(writer.bytes()), { message: /another number of blocks/ })
      return
    }
    const index = new RunIndex(writer.bytes())
    t.deepEqual([...index.entries()], entries)
    t.is(index.objects, entries.length)
    t.is(index.size, from)
    t.deepEqual(
      hashes.map((_, block) => index.hashOf(block)),
      hashes.map((hash) => hash.toString('hex')),
    )
    t.is(
      index.some((each) => each === serial),
      entries.length > 0,
    )
  },
)

test('bytes that are no index are refused', (t) => {
  const bytes = new RunIndexWriter().bytes()
  t.throws(() => new RunIndex(Buffer.from('{"v":1}')), { message: /another version/ })
  t.throws(() => new RunIndex(bytes.subarray(0, 1)), { message: /end within a number/ })
  t.throws(() => new RunIndex(Buffer.concat([bytes, bytes])), { message: /number of blocks/ })
})

test('an object takes some bytes in an index', (t) => {
  const writer = new RunIndexWriter()
  for (let serial = 1; serial <= 5_000; serial++) writer.add(serial, 2, 600)
  const blocks = Math.ceil((5_000 * 600) / BLOCK)
  for (let block = 0; block < blocks; block++) writer.hash(Buffer.alloc(32))
  t.true(writer.bytes().length < 5_000 * 5)
})
