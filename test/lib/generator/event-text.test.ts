import test from 'ava'
import { eventText } from '../../../lib/generator/event-text.ts'
import { seededRandom } from '../../../lib/generator/random.ts'
import type { Column } from '../../../lib/generator/schema.ts'

const from = '2025-03-17T00:00:00Z'

/** All values that a column takes in so many events. */
function valuesOf(column: Column, events: number): unknown[] {
  const text = eventText({ from, columns: [column] }, seededRandom(1))
  return Array.from({ length: events }, () => {
    const event = JSON.parse(text('id', 5)) as Record<string, unknown>
    return event[column.name]
  })
}

const different = (values: readonly unknown[]): string[] => [...new Set(values.map(String))].sort()

test('fields are in the order of the columns', (t) => {
  const columns: Column[] = [
    { name: 'at', type: 'timestamp' },
    { name: 'country', type: 'string', cardinality: 1 },
    { name: 'id', type: 'uuid' },
    { name: 'n', type: 'integer', cardinality: 1 },
    { name: 'new', type: 'boolean', cardinality: 1 },
    { name: 'value', type: 'float', cardinality: 1 },
  ]
  t.is(
    eventText({ from, columns }, seededRandom(1))('a', 1_742_199_657_865),
    '{"at":1742199657865,"country":"country_1","id":"a","n":1,"new":false,"value":0}',
  )
})

test('a string takes the values name_1 to name_n', (t) => {
  const values = valuesOf({ name: 'page', type: 'string', cardinality: 3 }, 200)
  t.deepEqual(different(values), ['page_1', 'page_2', 'page_3'])
})

test('an integer takes the values 1 to n', (t) => {
  const values = valuesOf({ name: 'seconds', type: 'integer', cardinality: 3 }, 200)
  t.deepEqual(different(values), ['1', '2', '3'])
})

test('a boolean with a cardinality of 2 is true or false', (t) => {
  const values = valuesOf({ name: 'new', type: 'boolean', cardinality: 2 }, 200)
  t.deepEqual(different(values), ['false', 'true'])
})

test('a float lies from 0 up to 100, without it', (t) => {
  const values = valuesOf({ name: 'value', type: 'float', cardinality: 2 ** 32 }, 1_000) as number[]
  t.true(values.every((value) => value >= 0 && value < 100))
  t.true(new Set(values).size > 990)
})

test('a column with many values takes them all the same', (t) => {
  const values = valuesOf({ name: 'user', type: 'string', cardinality: 50_000 }, 1_000) as string[]
  t.true(values.every((value) => /^user_[1-9]\d{0,4}$/.test(value)))
  t.true(new Set(values).size > 950)
})

test('a name that JSON has to escape is escaped, in names and values', (t) => {
  const values = valuesOf({ name: 'a"b', type: 'string', cardinality: 1 }, 1)
  t.deepEqual(values, ['a"b_1'])
})
