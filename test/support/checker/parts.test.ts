import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { exactly, nearest } from './exact-sum.ts'
import { elementsOf, linesOf } from './json-rows.ts'
import { judge } from './validity.ts'
import { defaults, hourFolder } from './world.ts'

testProp(
  'a double is itself, taken exactly',
  [fc.double({ noNaN: true, noDefaultInfinity: true })],
  (t, x) => {
    t.is(nearest(exactly(x)) + 0, x + 0)
  },
)

testProp(
  'the exact sum of two doubles, rounded, is what the machine adds them up to',
  [
    fc.double({ min: -1e300, max: 1e300, noNaN: true }),
    fc.double({ min: -1e300, max: 1e300, noNaN: true }),
  ],
  (t, a, b) => {
    t.is(nearest(exactly(a) + exactly(b)) + 0, a + b + 0)
  },
)

test('a sum loses nothing on its way', (t) => {
  t.is(nearest([1e300, 1, -1e300, 2 ** -1074].map(exactly).reduce((a, b) => a + b)), 1)
})

testProp(
  'the elements of an array are the texts that it was made of',
  [fc.array(fc.json())],
  (t, texts) => {
    const bytes = Buffer.from(`[ ${texts.join(' ,\n')}\n]\n`)
    t.deepEqual(
      elementsOf(bytes).map(String),
      texts.map((text) => text.trim()),
    )
  },
)

test('what is not an array has no elements', (t) => {
  for (const text of ['', '{}', '[1', '[1,]', '[1][2]'])
    t.throws(() => elementsOf(Buffer.from(text)))
})

test('lines end with a line feed', (t) => {
  t.deepEqual(linesOf(Buffer.from('1\n2\n')), [1, 2])
  t.deepEqual(linesOf(Buffer.from('')), [])
  t.throws(() => linesOf(Buffer.from('1\n2')), { message: /has no end/ })
})

test('a folder is the hour in UTC', (t) => {
  t.is(hourFolder(1_742_199_657_865), 'year=2025/month=03/day=17/hour=08')
})

const good = { eventGuid: 'g', timestamp: 1_742_199_657_865, value: 1, session_duration: 2 }
const T = good.timestamp

const judged = (value: string | Buffer | null, timestamp = T): unknown => {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value
  const judgement = judge({ partition: 0, offset: 0, timestamp, value: bytes }, defaults)
  if (judgement.event) return 'valid'
  const { invalid } = judgement
  return invalid.because === 'shape' ? invalid.fields : invalid.because
}
const judgedEvent = (changes: object, timestamp?: number): unknown =>
  judged(JSON.stringify({ ...good, ...changes }), timestamp)

test('what is a valid event is taken', (t) => {
  t.is(judgedEvent({}), 'valid')
  t.is(judgedEvent({ country: null, page: 'p', other: [1] }), 'valid')
  t.is(judgedEvent({ timestamp: 946_684_800_000 }), 'valid')
  t.is(judgedEvent({ timestamp: T + 3_600_000 }), 'valid')
  t.is(judgedEvent({ timestamp: T + 3_600_001 }, -1), 'valid')
})

test('what is no event is told apart', (t) => {
  t.is(judged(null), 'null')
  t.is(judged(''), 'empty')
  t.is(judged('{'), 'json')
  t.is(judged(Buffer.from([0x22, 0xff, 0x22])), 'utf8')
  t.is(judged('x'.repeat(2 ** 20 + 1)), 'large')
  t.deepEqual(judged('[]'), [])
  t.deepEqual(judged('null'), [])
  t.is(judgedEvent({ timestamp: T + 3_600_001 }), 'future')
})

test('every bad field is named', (t) => {
  t.deepEqual(judgedEvent({ eventGuid: '', timestamp: '1', value: '1', page: 3 }), [
    'eventGuid',
    'timestamp',
    'value',
    'page',
  ])
  t.deepEqual(judgedEvent({ timestamp: Math.floor(T / 1_000) }), ['timestamp'])
  t.deepEqual(judgedEvent({ timestamp: T + 0.5, session_duration: null }), [
    'timestamp',
    'session_duration',
  ])
  t.deepEqual(judged(JSON.stringify(good).replace('"value":1', '"value":1e999')), ['value'])
})
