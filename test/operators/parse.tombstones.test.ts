import test from 'ava'
import type { Message } from '../../lib/message.ts'
import { at, feed } from '../../lib/testing.ts'
import { batch, dedupe, eventTime, fields, keyBy, parse, validate } from '../../operators/index.ts'
import { z } from 'zod'

const tombstone: Message<null> = { ...at('09:00', null, { key: 'k', offset: 3 }), verbatim: true }

const FORMATS = ['json', 'ndjson', 'json-array', 'connect-json', 'text', 'bytes'] as const

for (const format of FORMATS) {
  const parsed = (tombstones?: 'reject' | 'drop' | 'keep') =>
    feed<Buffer | null>(tombstone).run(parse({ format: format as 'json', tombstones }))

  test(`${format}: a tombstone is rejected, unless said otherwise`, async (t) => {
    const { messages, rejected, operator } = await parsed()
    t.deepEqual(messages, [])
    t.is(rejected[0]?.reason, 'null value')
    t.is(operator.fates.rejected, 1)
  })

  test(`${format}: a tombstone is dropped with a count`, async (t) => {
    const { messages, rejected, operator } = await parsed('drop')
    t.deepEqual([messages, rejected], [[], []])
    t.deepEqual(operator.fates, { dropped: 1, rejected: 0, expanded: 0 })
  })

  test(`${format}: a tombstone is kept as null, with its record`, async (t) => {
    const { messages, operator } = await parsed('keep')
    t.is(messages.length, 1)
    t.like(messages[0], { value: null, verbatim: true, record: { offset: 3, bytes: null } })
    t.deepEqual(operator.fates, { dropped: 0, rejected: 0, expanded: 0 })
  })
}

test('a word that is none of them is refused when parse is built', (t) => {
  const wrong = 'ignore' as 'keep'
  t.throws(() => parse({ tombstones: wrong }), {
    message: 'tombstones of parse is reject, keep or drop, not ignore',
  })
})

test('operators that need an event set a tombstone aside, with a reason, and go on', async (t) => {
  interface View {
    readonly id: string
    readonly at: number
  }
  const view: View = { id: 'a', at: at('09:00', null).time }
  const input = feed<View | null>(tombstone, at('09:00', view))
  // none of these functions expects null, as in a pipeline whose types were forced
  const of = <V>(read: (view: View) => V) => read as (view: View | null) => V
  const operators = [
    validate(z.object({ id: z.string(), at: z.number() })),
    eventTime(
      of((view) => view.at),
      { outOfOrder: 0 },
    ),
    dedupe(
      of((view) => view.id),
      { within: 1000 },
    ),
    keyBy(of((view) => view.id)),
    keyBy(fields('id' as never)),
  ]
  for (const operator of operators) {
    const { values, rejected } = await input.run(operator as ReturnType<typeof validate>)
    t.deepEqual([values.length, rejected.length], [1, 1], operator.id)
    t.truthy(rejected[0]?.reason)
  }
})

test('operators that pass on what they are handed pass a tombstone on', async (t) => {
  const input = feed<{ id: string } | null>(tombstone)
  t.deepEqual(await input.through(validate(z.object({ id: z.string() }).nullable())), [null])
  t.deepEqual(await input.through(batch({ count: 1 })), [[null]])
})
