import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { Bundle, bundleIndex } from '../../../lib/commit/bundle.ts'
import { sha256 } from '../../../lib/commit/record.ts'
import { memoryStore } from '../../../lib/testing.ts'
import { lane } from './a-record.ts'

testProp(
  'what was added is where the bundle said it would be, in memory and in the store',
  [fc.array(fc.array(fc.uint8Array({ maxLength: 9 }), { maxLength: 4 }), { minLength: 1 })],
  async (t, additions) => {
    const store = memoryStore()
    const bundle = new Bundle(lane, 7, 'token')
    const segments = additions.map((pieces) => bundle.add(...pieces))
    await bundle.save(store)
    for (const [at, pieces] of additions.entries()) {
      const { from, to, sha256: hash, bundle: key } = segments[at]!
      const bytes = Buffer.concat(pieces)
      t.is(hash, sha256(bytes))
      t.deepEqual(Buffer.from(bundle.slice(from, to)), bytes)
      if (bundle.size > 0) t.deepEqual(await store.get(key, { from, to }), bytes)
    }
  },
)

test('an empty bundle is not written', async (t) => {
  const store = memoryStore()
  await new Bundle(lane, 7, 'token').save(store)
  t.deepEqual(store.objects(), [])
})

test('a bundle tells the commit that it was made for, and no two owners have the same', (t) => {
  t.is(bundleIndex(new Bundle(lane, 123, 'token').key), 123)
  t.not(new Bundle(lane, 1, 'a').key, new Bundle(lane, 1, 'b').key)
})

test('a bundle larger than one piece is written whole', async (t) => {
  const store = memoryStore()
  const bundle = new Bundle(lane, 1, 'token')
  const piece = Buffer.alloc(3 * 1024 * 1024, 'abc')
  for (let i = 0; i < 4; i++) bundle.add(piece)
  await bundle.save(store)
  const object = store.objects()[0]
  t.true(object?.bytes.equals(Buffer.concat([piece, piece, piece, piece])))
})
