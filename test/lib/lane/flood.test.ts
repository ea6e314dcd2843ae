import test from 'ava'
import { Flood } from '../../../lib/lane/flood.ts'
import type { Rejection } from '../../../lib/operator.ts'
import { at } from '../../../lib/testing.ts'

const rejection = (offset: number, thrown?: string): Rejection => ({
  operator: 'map',
  reason: `${thrown}: no such field`,
  problems: [],
  message: at('09:00', {}, { offset }),
  ...(thrown !== undefined && { thrown }),
})

/** Reject so many offsets from `from` on, one out of `every`. */
function reject(flood: Flood, from: number, count: number, every = 1, thrown?: string): void {
  for (let n = 0; n < count; n++) flood.rejected(rejection(from + n * every, thrown))
}

test('over half of the last 1,000 records rejected by throws is a flood', (t) => {
  const flood = new Flood()
  reject(flood, 0, 500, 1, 'TypeError')
  const error = t.throws(() => flood.rejected(rejection(500, 'TypeError')), { code: 'rejected' })
  t.regex(error?.message ?? '', /^501 of the last 1000 records .*501 because map threw a TypeError/)
})

test('half of them is none, for however long', (t) => {
  const flood = new Flood()
  t.notThrows(() => reject(flood, 0, 20_000, 2, 'TypeError'))
})

test('bad events are none, however many, as long as nothing throws', (t) => {
  const flood = new Flood()
  t.notThrows(() => reject(flood, 0, 20_000))
})

test('many bad events and few throws are none', (t) => {
  const flood = new Flood()
  reject(flood, 0, 900)
  t.notThrows(() => reject(flood, 900, 99, 1, 'TypeError'))
  t.throws(() => flood.rejected(rejection(999, 'TypeError')))
})

test('throws of one class count, and not those of all', (t) => {
  const flood = new Flood()
  reject(flood, 0, 900)
  reject(flood, 900, 50, 1, 'RangeError')
  t.notThrows(() => reject(flood, 950, 99, 1, 'TypeError'))
})

test('few throws among many records are none, though one epoch holds them all', (t) => {
  const flood = new Flood()
  t.notThrows(() => reject(flood, 0, 2_000, 100, 'TypeError'))
})

test('a record that two branches reject counts once', (t) => {
  const flood = new Flood()
  t.notThrows(() => {
    for (let offset = 0; offset < 10_000; offset += 3) {
      flood.rejected(rejection(offset, 'TypeError'))
      flood.rejected(rejection(offset, 'TypeError'))
    }
  })
})
