import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { Bundle } from '../../../lib/commit/bundle.ts'
import { rangeOf, readPartials, writePartials } from '../../../lib/exchange/ranges.ts'
import { lane } from '../commit/a-record.ts'

// These may never change: instances have divided their keys so.
const vectors: readonly [string, number, number, number][] = [
  ['', 0, 4, 12],
  ['{"key":"a"}', 1, 5, 15],
  ['{"dimension":"page","value":"page_1"}', 1, 3, 7],
  ['{"dimension":"country","value":"Österreich"}', 0, 0, 4],
  ['[null,5,true]', 0, 6, 4],
]

for (const [key, of2, of7, of16] of vectors)
  test(`the range of '${key}' is the same for ever`, (t) => {
    t.deepEqual([rangeOf(key, 2), rangeOf(key, 7), rangeOf(key, 16)], [of2, of7, of16])
  })

test('keys spread evenly over ranges, also those that differ in little', (t) => {
  for (const ranges of [2, 3, 8, 16]) {
    const counts = Array.from({ length: ranges }, () => 0)
    for (let n = 0; n < 16_000; n++) {
      const range = rangeOf(JSON.stringify({ dimension: 'user', value: `user_${n}` }), ranges)
      counts[range] = (counts[range] as number) + 1
    }
    const even = 16_000 / ranges
    for (const count of counts) t.true(Math.abs(count - even) < even / 10, `${count} of ${even}`)
  }
})

const partial = fc.record(
  {
    key: fc.string().map((text) => JSON.stringify({ key: text })),
    start: fc.integer({ min: 0, max: 3 }).map((hour) => hour * 3_600_000),
    end: fc.constant(14_400_000),
    data: fc.oneof(fc.integer(), fc.array(fc.integer())),
    layout: fc.constant({ size: 7_200_000, every: 3_600_000 }),
  },
  { requiredKeys: ['key', 'start', 'end', 'data'] },
)

testProp(
  'every partial is in the run of its range, once, in the order of keys and windows',
  [fc.array(partial), fc.integer({ min: 1, max: 9 })],
  (t, partials, ranges) => {
    const bundle = new Bundle(lane, 1, 'token')
    const segments = writePartials(partials, ranges, bundle)
    t.is(segments.length, ranges)
    const runs = segments.map((segment) =>
      segment ? readPartials(bundle.slice(segment.from, segment.to)) : [],
    )
    const text = (all: readonly unknown[]): string[] => all.map((one) => JSON.stringify(one))
    t.deepEqual(text(runs.flat()).toSorted(), text(partials).toSorted())
    for (const [range, run] of runs.entries())
      for (const [at, { key, start }] of run.entries()) {
        t.is(rangeOf(key, ranges), range)
        const before = run[at - 1]
        if (!before) continue
        t.true(before.key < key || (before.key === key && before.start <= start))
      }
  },
)
