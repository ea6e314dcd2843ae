import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { type CommitRecord, decode, encode, sha256 } from '../../../lib/commit/record.ts'
import { aRecord, carriedIn, staged } from './a-record.ts'

test('a record is read back as it was written, with the hash of its bytes', (t) => {
  const record = aRecord({
    watermark: 17,
    objects: [staged('a'), staged('b', { staged: { in: 'upload', uploadId: 'u', parts: [] } })],
    carried: [carriedIn('x', 'y')],
    fates: { raw: { kept: 1, dropped: { dedupe: 2 }, rejected: {} } },
    reasons: { late: 3 },
    run: { number: 2, until: 40 },
    ended: 1,
  })
  const bytes = encode(record)
  t.deepEqual(decode(bytes), { record, hash: sha256(bytes) })
})

const time = fc.oneof(fc.integer(), fc.constantFrom(Infinity, -Infinity))

testProp(
  'times may be infinite wherever they stand',
  [time, time, time, time, time, fc.dictionary(fc.string(), time)],
  (t, watermark, sealed, adopted, until, minTime, watermarks) => {
    const record: CommitRecord = aRecord({
      watermark,
      sealed,
      recorded: { tick: 1, began: 0, closing: true, adopted },
      run: { number: 1, until },
      objects: [staged('a', { minTime, maxTime: minTime })],
      carried: [{ ...carriedIn('x'), minTime, maxTime: minTime, firstTime: minTime }],
      vector: { 0: { index: 4, watermarks }, 1: { index: 0, watermarks: {} } },
      partials: { reduce: { watermark, ranges: [null] } },
      state: {
        'dedupe/kept': [{ bundle: 'b', from: 0, to: 1, sha256: 's', kind: 'delta', until }],
      },
    })
    t.deepEqual(decode(encode(record)).record, record)
  },
)

test('a text that only looks like an infinite time stays a text', (t) => {
  const record = aRecord({ host: 'Infinity', owner: '-Infinity' })
  t.deepEqual(decode(encode(record)).record, record)
})
