import test from 'ava'
import { Complaints } from '../../../support/checker/world.ts'
import { pictureOf } from '../../trial/pipeline.ts'
import type { TopicRecord } from '../../trial/remains.ts'
import { isPictured, PARTITIONS, readingAt, recordText, textOf } from '../input.ts'
import { WINDOW } from '../pipeline.ts'
import { Bits, Numbers } from './bits.ts'
import { Copies } from './copies.ts'
import { LogReading } from './log-reading.ts'
import { Rows } from './rows.ts'
import { Totals } from './totals.ts'

/** Enough for a picture, a record that is cut off, and repeats from long before. */
const RECORDS = 6_000

const recordAt = (partition: number, n: number, offset = n): TopicRecord => ({
  partition,
  offset,
  timestamp: 0,
  key: Buffer.from(String(n)),
  value: Buffer.from(recordText(partition, n)),
  headers: {},
})

/** A checker that has read a log, and nothing else. */
function checker() {
  const complaints = new Complaints()
  const totals = new Totals(complaints)
  const log = new LogReading(complaints, (...reading) => totals.add(...reading))
  const rows = new Rows(log, totals, complaints)
  const copies = new Copies(log, complaints)
  for (let partition = 0; partition < PARTITIONS; partition++)
    for (let n = 0; n < RECORDS; n++) log.take(recordAt(partition, n))
  const object = (sink: string, lines: readonly object[]): void =>
    rows.object({
      key: `campaign/${sink}/some.jsonl`,
      bytes: Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join('')),
    })
  return { complaints, totals, log, rows, copies, object }
}

interface Row {
  readonly partition: number
  readonly offset: number
  readonly value?: unknown
  readonly bytes?: string
}

/** Rows of a sink as they have to be. */
function rowsOf(sink: 'raw' | 'rejected' | 'pictures'): Row[] {
  return Array.from({ length: PARTITIONS }, (_, partition) => partition).flatMap((partition) =>
    Array.from({ length: RECORDS }, (_, offset) => offset).flatMap((offset): Row[] => {
      const isCut = offset % 997 === 996
      const reading = readingAt(offset)
      if (isCut !== (sink === 'rejected')) return []
      if (sink === 'pictures' && !isPictured(reading)) return []
      const bytes = Buffer.from(recordText(partition, offset)).toString('base64')
      if (isCut) return [{ partition, offset, bytes }]
      const id = `${partition}-${reading}`
      const value: unknown =
        sink === 'raw' ? JSON.parse(textOf(partition, reading)) : { id, picture: pictureOf(id) }
      return [{ partition, offset, value }]
    }),
  )
}

const messageOf = (partition: number, reading: number, ordinal: number): TopicRecord => ({
  ...recordAt(0, 0),
  value: Buffer.from(textOf(partition, reading)),
  headers: {
    'sluice-instance': 'i',
    'sluice-lane': String(partition),
    'sluice-commit': '1',
    'sluice-ordinal': String(ordinal),
  },
})

test('rows that are all there are right, and each that is missing is told until it comes', (t) => {
  const { complaints, rows, object } = checker()
  object('pictures', rowsOf('pictures'))
  object('rejected', rowsOf('rejected'))
  const [first, ...others] = rowsOf('raw')
  object('raw', others)
  t.deepEqual(rows.missing(), ['raw 0@0: missing'])
  object('raw', [first!])
  t.deepEqual(rows.missing(), [])
  t.deepEqual(complaints.all, [])
})

test('a row that is there twice, altered, or where it does not belong is told', (t) => {
  const { complaints, object } = checker()
  const [first, second] = rowsOf('raw')
  object('raw', [first!, first!, { ...second, value: { id: '0-1' } }])
  object('raw', [{ ...first, offset: 996 }])
  object('rejected', [{ ...first, offset: 3 }])
  object('rejected', [{ partition: 2, offset: 996, bytes: 'AAAA' }])
  object('pictures', [{ partition: 1, offset: 2_500, value: { id: '1-2500', picture: '' } }])
  object('raw', [{ ...first, partition: PARTITIONS }])
  t.deepEqual(complaints.all, [
    'raw 0@0: twice',
    'raw 0@1: altered',
    'raw 0@996: foreign',
    'rejected 0@3: foreign',
    'rejected 2@996: altered',
    'pictures 1@2500: altered',
    `raw ${PARTITIONS}@0: foreign`,
  ])
})

test('a message is there once, but for what is marked as a repeat', (t) => {
  const { complaints, copies } = checker()
  copies.take(messageOf(0, 0, 0))
  copies.take(messageOf(0, 0, 0))
  t.is(copies.repeated, 1)
  t.deepEqual(complaints.all, [])
  copies.take(messageOf(0, 0, 1))
  copies.take(messageOf(0, 1_000_000, 2))
  copies.take({ ...messageOf(0, 2, 3), value: Buffer.from('{"id":"0-2"}') })
  t.deepEqual(complaints.all, [
    'copies 0-0: twice',
    'copies 0-1000000: foreign',
    'copies 0@0: {"id":"0-2"}',
  ])
  t.is(copies.missing()[0], 'copies 0-1: missing')
})

test('a total has to be there when its window is over, once, and exact', (t) => {
  const { complaints, totals } = checker()
  const start = Date.parse('2025-03-17T08:00:00Z')
  const row = { sensor: 'sensor-1', window: { start, end: start + WINDOW }, readings: 1, value: 1 }
  t.deepEqual(totals.wrong(start + WINDOW - 1), [])
  t.is(totals.wrong(start + WINDOW).length, 7)
  totals.row(row)
  t.true(totals.wrong(-Infinity)[0]!.startsWith(`totals sensor-1 ${start}: {`))
  totals.row(row)
  t.deepEqual(complaints.all, [`totals sensor-1 ${start}: twice`])
})

test('a batch that stands in the log twice is read as such, and anything else is told', (t) => {
  const { complaints, log } = checker()
  log.take(recordAt(0, RECORDS - 1, RECORDS))
  t.is(log.partitions[0]!.next, RECORDS)
  t.is(log.partitions[0]!.numbers.length, RECORDS + 1)
  t.deepEqual(complaints.all, [])
  log.take(recordAt(0, RECORDS + 7, RECORDS + 1))
  log.take({ ...recordAt(1, RECORDS), value: Buffer.from('{}') })
  t.is(complaints.all.length, 2)
})

test('bitmaps and lists grow', (t) => {
  const bits = new Bits()
  t.true(bits.add(100_000))
  t.false(bits.add(100_000))
  t.deepEqual(
    [99_999, 100_000, 100_001, 10_000_000].map((n) => bits.has(n)),
    [false, true, false, false],
  )
  const numbers = new Numbers()
  for (let n = 0; n < 5_000; n++) numbers.push(n * 3)
  t.is(numbers.length, 5_000)
  t.deepEqual(
    [numbers.at(4_999), numbers.at(5_000), numbers.at(-1)],
    [14_997, undefined, undefined],
  )
})
