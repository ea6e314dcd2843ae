import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { minutes } from '../../../lib/duration.ts'
import { becauseOfBarrier, becauseOfRow, checkRotation } from '../../../lib/s3/rotation.ts'

const barrier = { tick: minutes(10), closing: false }
const closing = { tick: minutes(10), closing: true }
const open = { rows: 1, bytes: 10, opened: minutes(8), touched: minutes(9) }

test('an object is finished by the row after its last one', (t) => {
  t.is(becauseOfRow({ records: 3 }, { rows: 2, bytes: 10 }, 5), undefined)
  t.is(becauseOfRow({ records: 3 }, { rows: 3, bytes: 10 }, 5), 'count')
})

test('a row that just fits is added, and one byte more finishes the object before it', (t) => {
  t.is(becauseOfRow({ bytes: 15 }, { rows: 1, bytes: 10 }, 5), undefined)
  t.is(becauseOfRow({ bytes: 15 }, { rows: 1, bytes: 10 }, 6), 'size')
})

test('a row larger than any object is allowed gets one of its own', (t) => {
  t.is(becauseOfRow({ bytes: 15 }, { rows: 0, bytes: 4 }, 100), undefined)
  t.is(becauseOfRow({ bytes: 15 }, { rows: 1, bytes: 104 }, 1), 'size')
})

test('no row finishes an object whose sink states no limit of rows or bytes', (t) => {
  t.is(becauseOfRow(undefined, { rows: 1e9, bytes: 1e12 }, 1), undefined)
  t.is(becauseOfRow({ every: 1, idle: 1 }, { rows: 1e9, bytes: 1e12 }, 1), undefined)
})

test('without rotation every barrier finishes the object', (t) => {
  t.is(becauseOfBarrier(undefined, open, barrier), 'epoch')
  t.is(becauseOfBarrier(undefined, open, closing), 'epoch')
})

test('with rotation an object that has reached no limit is carried', (t) => {
  const rotation = { records: 2, bytes: 11, every: minutes(3), idle: minutes(2) }
  t.is(becauseOfBarrier(rotation, open, barrier), undefined)
})

test('a full object does not wait for another row', (t) => {
  t.is(becauseOfBarrier({ records: 1 }, open, barrier), 'count')
  t.is(becauseOfBarrier({ bytes: 10 }, open, barrier), 'size')
})

test('age counts from the first row and idleness from the newest', (t) => {
  t.is(becauseOfBarrier({ every: minutes(2) }, open, barrier), 'age')
  t.is(becauseOfBarrier({ idle: minutes(1) }, open, barrier), 'idle')
  t.is(becauseOfBarrier({ idle: minutes(2) }, open, barrier), undefined)
})

test('a wall clock that was set back finishes nothing', (t) => {
  const future = { ...open, opened: minutes(70), touched: minutes(70) }
  t.is(becauseOfBarrier({ every: 1, idle: 1 }, future, barrier), undefined)
})

test('the last barrier of a finite run finishes what no limit has', (t) => {
  t.is(becauseOfBarrier({ records: 2 }, open, closing), 'drain')
  t.is(becauseOfBarrier({ records: 1 }, open, closing), 'count')
})

testProp(
  'objects hold all rows in order, each as many as the limits allow and no fewer',
  [
    fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 60 }),
    fc.record({ records: fc.integer({ min: 1, max: 8 }), bytes: fc.integer({ min: 1, max: 100 }) }),
  ],
  (t, rows, rotation) => {
    const objects: number[][] = []
    let last: number[] = []
    for (const row of rows) {
      const fill = { rows: last.length, bytes: sum(last) }
      const because = becauseOfRow(rotation, fill, row)
      if (because === 'count') t.is(last.length, rotation.records)
      if (because === 'size') t.true(sum(last) + row > rotation.bytes)
      if (because !== undefined || objects.length === 0) objects.push((last = []))
      last.push(row)
    }
    t.deepEqual(objects.flat(), rows)
    for (const object of objects) {
      t.true(object.length <= rotation.records)
      t.true(sum(object) <= rotation.bytes || object.length === 1)
    }
  },
)

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)

test('limits that can be kept are accepted', (t) => {
  t.notThrows(() => checkRotation({ records: 1, bytes: 1, every: 0.5, idle: minutes(1) }))
})

test('a limit that cannot be kept is refused by name', (t) => {
  const refused = (rotation: Parameters<typeof checkRotation>[0], message: RegExp) =>
    t.throws(() => checkRotation(rotation), { code: 'config', message })
  refused({ records: 0 }, /^rotate\.records is 0: it has to be a whole number from 1$/)
  refused({ records: 1.5 }, /^rotate\.records is 1\.5/)
  refused({ bytes: -1 }, /^rotate\.bytes is -1/)
  refused({ every: 0 }, /^rotate\.every is 0: it has to be a time above 0 ms$/)
  refused({ records: 1, idle: NaN }, /^rotate\.idle is NaN/)
  refused({ every: Infinity }, /^rotate\.every is Infinity/)
})

test('a rotation without any limit is refused', (t) => {
  t.throws(() => checkRotation({}), { code: 'config', message: /^rotate states no limit/ })
  t.throws(() => checkRotation({ records: undefined }), { code: 'config' })
})
