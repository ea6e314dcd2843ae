import test from 'ava'
import { byField } from '../../../../lib/s3/partitioner/by-field.ts'
import { byKafkaPartition } from '../../../../lib/s3/partitioner/by-kafka-partition.ts'
import { hourly } from '../../../../lib/s3/partitioner/by-time.ts'
import { byTopic } from '../../../../lib/s3/partitioner/by-topic.ts'
import { nested } from '../../../../lib/s3/partitioner/nested.ts'
import { at } from '../../../../lib/testing.ts'

test('nested folders have the first partitioner outermost', (t) => {
  const layout = nested(byField('company'), byField('country'), hourly())
  t.is(
    layout(at('2022-10-23T16:00:00Z', { company: 'Block Group', country: 'France' }), 0),
    'company=Block Group/country=France/year=2022/month=10/day=23/hour=16',
  )
})

test('topic and partition of the log are where Kafka Connect has them', (t) => {
  const message = at('09:00', null, { topic: 'test', partition: 12 })
  t.is(byKafkaPartition()(message, 0), 'partition=12')
  t.is(nested(byTopic(), byKafkaPartition())(message, 0), 'test/partition=12')
})

test('what was read from no topic has no folder by it', (t) => {
  const result = at('09:00', null, { topic: '', partition: -1 })
  t.throws(() => byTopic()(result, 0), { instanceOf: TypeError, message: /by topic/ })
  t.throws(() => byKafkaPartition()(result, 0), { instanceOf: TypeError, message: /partition/ })
})

test('the same folders in another order are other folders', (t) => {
  const message = at('09:00', { a: 1, b: 1 })
  t.is(nested(byField('a'), byField('b'))(message, 0), 'a=1/b=1')
  t.is(nested(byField('b'), byField('a'))(message, 0), 'b=1/a=1')
})

test('the wall clock reaches the partitioners inside', (t) => {
  const layout = nested(byField('a'), hourly({ by: 'tick' }))
  t.is(layout(at('09:00', { a: 1 }), 0), 'a=1/year=1970/month=01/day=01/hour=00')
})
