import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { ObservedOrder } from '../../../lib/lane/reject-order.ts'
import type { Rejection } from '../../../lib/operator.ts'
import { at, memoryLog } from '../../../lib/testing.ts'
import { LogCursor } from '../../../lib/verify/replay/log-cursor.ts'
import { RecordedOrder } from '../../../lib/verify/replay/recorded-order.ts'
import { firstRowDifference, shownApart } from '../../../lib/verify/replay/row-difference.ts'

const rejection = (operator: number, n: number): Rejection => ({
  operator: String(operator),
  reason: String(n),
  problems: [],
  message: at('09:00', n),
})

const namesOf = (rejections: readonly Rejection[]): string[] =>
  rejections.map(({ operator, reason }) => `${operator}/${reason}`)

const operators = fc.array(fc.nat(3), { maxLength: 60 })

/** The rejects of each operator in their order, however they come together. */
function numbered(order: readonly number[]): Rejection[] {
  const next = new Map<number, number>()
  return order.map((operator) => {
    const n = next.get(operator) ?? 0
    next.set(operator, n + 1)
    return rejection(operator, n)
  })
}

testProp(
  'rejects come in the order in which they came, whatever the order in which they come',
  [
    operators.chain((first) =>
      fc.tuple(fc.constant(first), fc.shuffledSubarray(first, { minLength: first.length })),
    ),
  ],
  (t, [first, second]) => {
    const observed = new ObservedOrder()
    const wanted = numbered(first)
    for (const [i, operator] of first.entries()) observed.admit(operator, [wanted[i] as Rejection])
    const recorded = new RecordedOrder()
    recorded.begin(observed.take())
    const again = numbered(second)
    const admitted = second.flatMap((operator, i) => [
      ...recorded.admit(operator, [again[i] as Rejection]),
    ])
    t.deepEqual(namesOf(admitted), namesOf(wanted))
    t.deepEqual(recorded.rest(), [])
  },
)

test('rejects that were not recorded come last', (t) => {
  const recorded = new RecordedOrder()
  recorded.begin([[1, 1]])
  t.deepEqual(recorded.admit(0, [rejection(0, 0)]), [])
  t.deepEqual(namesOf(recorded.admit(1, [rejection(1, 0), rejection(1, 1)])), ['1/0'])
  t.deepEqual(namesOf(recorded.rest()), ['0/0', '1/1'])
})

testProp(
  'a log is read on from any offset to the next',
  [
    fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 8 }),
    fc.integer({ min: 1, max: 9 }),
  ],
  async (t, offsets, batchRecords) => {
    const log = memoryLog({ batchRecords })
    await log.create('a', 1)
    const producer = await log.producer('a')
    await producer.append(Array.from({ length: 30 }, (_, n) => ({ key: null, value: String(n) })))
    const cursor = new LogCursor(log, { topic: 'a', partition: 0 }, 0, 30)
    let from = 0
    for (const to of offsets.toSorted((a, b) => a - b)) {
      const read: number[] = []
      for await (const batch of cursor.upTo(to)) {
        t.is(batch.from, from + read.length)
        read.push(...batch.records.map(({ offset }) => offset))
      }
      t.deepEqual(
        read,
        Array.from({ length: to - from }, (_, n) => from + n),
      )
      from = to
    }
    await cursor.close()
  },
)

async function* pieces(text: string, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < text.length; at += size) yield Buffer.from(text.slice(at, at + size))
}

const lines = fc.array(fc.stringMatching(/^[a-c]{0,4}$/), { minLength: 1, maxLength: 9 })

for (const [what, contentType, word, end] of [
  ['row', 'application/x-ndjson', 'row', '\n'],
  ['line of raw bytes', 'application/octet-stream', 'line', ''],
] as const)
  testProp(
    `the first ${what} that differs is found, however the bytes come`,
    [lines, lines, fc.integer({ min: 1, max: 7 })],
    async (t, a, b, size) => {
      const text = (all: readonly string[]): string => all.join('\n') + end
      const form = { contentType }
      const found = await firstRowDifference(pieces(text(a), size), pieces(text(b), 3), form)
      const expected = [...a, undefined].findIndex((line, i) => line !== b[i])
      const isSame = text(a) === text(b)
      t.is(found?.place, isSame ? undefined : `${word} ${expected + 1}`)
      if (found) t.is(found.recorded?.toString(), a[expected])
    },
  )

test('a header that differs comes before all rows', async (t) => {
  const form = { contentType: 'text/csv; charset=utf-8; header=present' }
  const found = await firstRowDifference(pieces('a,b\n1,2\n', 3), pieces('a,c\n1,3\n', 3), form)
  t.deepEqual([found?.place, String(found?.now)], ['its header', 'a,c'])
})

test('long values are shown where they begin to differ', (t) => {
  const [a, b] = shownApart(`${'x'.repeat(1_000)}A${'y'.repeat(500)}`, `${'x'.repeat(1_000)}B`)
  t.regex(a, /^…x{60}Ay{139}…$/)
  t.regex(b, /^…x{60}B$/)
  t.deepEqual(shownApart('short', undefined), ['short', 'nothing'])
  t.deepEqual(shownApart(1, { a: 2 }), ['1', '{"a":2}'])
})
