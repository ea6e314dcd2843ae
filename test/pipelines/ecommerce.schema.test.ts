import test from 'ava'
import { at } from '../../lib/testing.ts'
import { aggregateRow, ecommerceEvent, joined } from '../../pipelines/ecommerce.schema.ts'

const sound = {
  eventGuid: '67f4dfdd-c4db-4f8d-aa90-24da30f760ac',
  timestamp: 1_742_199_657_865,
  country: 'country_20',
  is_returning: true,
  user_id: 'user_id_694',
  action: 'action_3',
  device_type: 'device_type_1',
  page: 'page_9',
  category: 'category_13',
  value: 39.259011259415466,
  session_duration: 243,
}
const TEXTS = ['country', 'device_type', 'action', 'page', 'category', 'user_id'] as const

/** The fields that are wrong in a value; empty for a valid event. */
const wrongIn = (value: unknown): string[] =>
  (ecommerceEvent.safeParse(value).error?.issues ?? []).map(({ path }) => path.join('.'))

test('an event as producers write it is valid', (t) => {
  t.deepEqual(wrongIn(sound), [])
})

test('a field that nobody knows is no problem', (t) => {
  t.deepEqual(wrongIn({ ...sound, campaign: { id: 7 } }), [])
})

test('a text may be null or absent, and is nothing else than a text', (t) => {
  for (const name of TEXTS) {
    t.deepEqual(wrongIn({ ...sound, [name]: null }), [])
    t.deepEqual(wrongIn({ ...sound, [name]: undefined }), [])
    t.deepEqual(wrongIn({ ...sound, [name]: '' }), [])
    for (const value of [5, true, {}, []])
      t.deepEqual(wrongIn({ ...sound, [name]: value }), [name], `${name} ${typeof value}`)
  }
})

test('an event without a guid, or with an empty one, is not valid', (t) => {
  for (const eventGuid of [undefined, null, '', 5])
    t.deepEqual(wrongIn({ ...sound, eventGuid }), ['eventGuid'])
})

test('a timestamp is a whole number of ms from the year 2000 on', (t) => {
  const first = Date.parse('2000-01-01T00:00:00Z')
  t.deepEqual(wrongIn({ ...sound, timestamp: first }), [])
  for (const timestamp of [first - 1, 1_742_199_657, 1_742_199_657_865.5, '1742199657865', null])
    t.deepEqual(wrongIn({ ...sound, timestamp }), ['timestamp'], String(timestamp))
})

test('value and session_duration are finite numbers', (t) => {
  for (const name of ['value', 'session_duration'])
    for (const value of [JSON.parse('1e999') as number, '5', null, undefined])
      t.deepEqual(wrongIn({ ...sound, [name]: value }), [name], `${name} ${value}`)
  t.deepEqual(wrongIn({ ...sound, value: -0.5, session_duration: 0 }), [])
})

test('what is no object is not valid', (t) => {
  for (const value of [null, [], [sound], 'text', 5]) t.deepEqual(wrongIn(value), [''])
})

test('every problem is named', (t) => {
  t.deepEqual(wrongIn({ timestamp: 5, page: 7 }), [
    'eventGuid',
    'timestamp',
    'page',
    'value',
    'session_duration',
  ])
})

test('joined dimensions are one value, with nothing for a missing one', (t) => {
  const { record } = at('09:00', sound)
  t.deepEqual(joined.partsOf(sound, record), [
    'country_20,device_type_1,action_3,page_9,category_13',
  ])
  t.deepEqual(joined.partsOf({ ...sound, country: null, page: undefined }, record), [
    ',device_type_1,action_3,,category_13',
  ])
  t.deepEqual(joined.names, ['country,device_type,action,page,category'])
})

test('a row has its key, window, dimension and value first', (t) => {
  const window = { start: Date.parse('2025-03-17T08:00:00Z') }
  const row = aggregateRow({
    dimension: 'country',
    value: 'country_20',
    window,
    count: 2,
    sum: 0.5,
  })
  t.is(
    JSON.stringify(row),
    '{"key":"2025-03-17T08::country:country_20","window":"2025-03-17T08:00:00.000Z","dimension":"country","value":"country_20","count":2,"sum":0.5}',
  )
})
