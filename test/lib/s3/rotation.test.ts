import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { hours, minutes } from '../../../lib/duration.ts'
import {
  becauseOfBarrier,
  becauseOfRow,
  becauseOfSize,
  dueOf,
  type Fill,
  type Rotation,
} from '../../../lib/s3/rotation.ts'

const NOON = Date.UTC(2024, 6, 1, 12)
const barrier = { tick: minutes(10), closing: false, watermark: -Infinity }
const closing = { ...barrier, closing: true }
const filled: Fill = { rows: 1, bytes: 10, firstTime: NOON, maxTime: NOON }
const open = { ...filled, opened: minutes(8), touched: minutes(9) }
const row = { time: NOON, watermark: -Infinity }

test('an object is finished by the row after its last one', (t) => {
  t.is(becauseOfRow({ records: 3 }, { ...filled, rows: 2 }, row), undefined)
  t.is(becauseOfRow({ records: 3 }, { ...filled, rows: 3 }, row), 'count')
})

test('a row that just fits is added, and one byte more finishes the object before it', (t) => {
  t.is(becauseOfSize({ bytes: 15 }, { rows: 1, bytes: 10 }, 5), undefined)
  t.is(becauseOfSize({ bytes: 15 }, { rows: 1, bytes: 10 }, 6), 'size')
})

test('a row larger than any object is allowed gets one of its own', (t) => {
  t.is(becauseOfSize({ bytes: 15 }, { rows: 0, bytes: 4 }, 100), undefined)
  t.is(becauseOfSize({ bytes: 15 }, { rows: 1, bytes: 104 }, 1), 'size')
})

test('no row finishes an object whose sink states no limit that rows are judged by', (t) => {
  const large = { ...filled, rows: 1e9, bytes: 1e12 }
  const late = { time: NOON + hours(1e6), watermark: NOON + hours(1e6) }
  for (const rotation of [undefined, { every: 1, idle: 1, maxOpen: 1 }]) {
    t.is(becauseOfRow(rotation, large, late), undefined)
    t.is(becauseOfSize(rotation, large, 1), undefined)
  }
})

test('without rotation every barrier finishes the object', (t) => {
  t.is(becauseOfBarrier(undefined, open, barrier), 'epoch')
  t.is(becauseOfBarrier(undefined, open, closing), 'epoch')
})

test('with rotation an object that has reached no limit is carried', (t) => {
  const rotation = { records: 2, bytes: 11, every: minutes(3), idle: minutes(2), maxOpen: 1 }
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
  t.is(dueOf({ every: minutes(3), idle: minutes(3) }, open), minutes(11))
  t.is(dueOf({ every: minutes(9), idle: minutes(3) }, open), minutes(12))
  t.is(dueOf({ records: 1 }, open), Infinity)
})

test('a wall clock that was set back finishes nothing', (t) => {
  const future = { ...open, opened: minutes(70), touched: minutes(70) }
  t.is(becauseOfBarrier({ every: 1, idle: 1 }, future, barrier), undefined)
})

test('aligned age ends at multiples of it, however young the object is', (t) => {
  const rotation: Rotation = { every: minutes(10), aligned: true }
  const at = (opened: number, tick: number) =>
    becauseOfBarrier(rotation, { ...open, opened }, { ...barrier, tick })
  t.is(at(NOON + minutes(9), NOON + minutes(10) - 1), undefined)
  t.is(at(NOON + minutes(9), NOON + minutes(10)), 'age')
  t.is(at(NOON + minutes(10), NOON + minutes(19)), undefined)
  t.is(dueOf(rotation, { opened: NOON, touched: NOON }), NOON + minutes(10))
})

test('a row that is a span newer than the first finishes the object, and an older one never does', (t) => {
  const at = (time: number) => becauseOfRow({ span: hours(1) }, filled, { ...row, time })
  t.is(at(NOON + hours(1) - 1), undefined)
  t.is(at(NOON + hours(1)), 'span')
  t.is(at(NOON - hours(1_000)), undefined)
})

test('an object is finished when the watermark has passed the end of what it holds', (t) => {
  const rotation: Rotation = { watermark: hours(1) }
  const at = (watermark: number) => ({
    row: becauseOfRow(rotation, filled, { ...row, watermark }),
    barrier: becauseOfBarrier(rotation, open, { ...barrier, watermark }),
  })
  t.deepEqual(at(NOON + hours(1) - 1), { row: undefined, barrier: undefined })
  t.deepEqual(at(NOON + hours(1)), { row: 'watermark', barrier: 'watermark' })
  t.deepEqual(at(Infinity), { row: undefined, barrier: undefined })
})

test('rows that come late share an object until the watermark has gone on for as long again', (t) => {
  const rotation: Rotation = { watermark: hours(1) }
  const late = { ...filled, since: NOON + hours(3) }
  const at = (watermark: number) => becauseOfRow(rotation, late, { ...row, watermark })
  t.is(at(NOON + hours(4) - 1), undefined)
  t.is(at(NOON + hours(4)), 'watermark')
})

test('an object without a time is finished by no time', (t) => {
  const timeless = { ...filled, firstTime: -Infinity, maxTime: -Infinity }
  const rotation: Rotation = { watermark: hours(1), span: 1 }
  t.is(becauseOfRow(rotation, timeless, { ...row, watermark: NOON }), undefined)
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
    for (const size of rows) {
      const fill = { ...filled, rows: last.length, bytes: sum(last) }
      const because = becauseOfRow(rotation, fill, row) ?? becauseOfSize(rotation, fill, size)
      if (because === 'count') t.is(last.length, rotation.records)
      if (because === 'size') t.true(sum(last) + size > rotation.bytes)
      if (because !== undefined || objects.length === 0) objects.push((last = []))
      last.push(size)
    }
    t.deepEqual(objects.flat(), rows)
    for (const object of objects) {
      t.true(object.length <= rotation.records)
      t.true(sum(object) <= rotation.bytes || object.length === 1)
    }
  },
)

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)
