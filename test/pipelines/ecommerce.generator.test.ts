import test from 'ava'
import { Events } from '../../lib/generator/events.ts'
import { checkSchema } from '../../lib/generator/schema.ts'
import schema from '../../pipelines/ecommerce.generator.ts'
import { ecommerceEvent } from '../../pipelines/ecommerce.schema.ts'

const plan = { schema, events: 1_000, seed: 1, duplicates: 0.1, late: 0.1, malformed: 0 }

test('its events have the fields of the shop, in their order', (t) => {
  const [record] = new Events(plan).take(1)
  t.deepEqual(Object.keys(JSON.parse(record!.value as string) as object), [
    'eventGuid',
    'timestamp',
    'country',
    'is_returning',
    'user_id',
    'action',
    'device_type',
    'page',
    'category',
    'value',
    'session_duration',
  ])
})

test('its events are valid, late ones and duplicates included', (t) => {
  for (const { value } of new Events(plan).take(1_000))
    t.true(ecommerceEvent.safeParse(JSON.parse(value as string)).success)
})

test('it keeps the rules for such files', (t) => {
  t.notThrows(() => checkSchema(schema, 'pipelines/ecommerce.generator.ts'))
})
