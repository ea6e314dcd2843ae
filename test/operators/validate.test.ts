import test from 'ava'
import { z } from 'zod'
import { at, feed } from '../../lib/testing.ts'
import { type StandardSchema, validate } from '../../operators/validate.ts'

const view = z.object({
  guid: z.string().min(1),
  at: z.int(),
  tags: z.array(z.string()).default([]),
})

test('an event that fits is passed on as it is, unknown fields and all', async (t) => {
  const event = { ...at('09:00', { guid: 'a', at: 1, extra: true }), verbatim: true }
  const { messages } = await feed(event).run(validate(view))
  t.is(messages[0]?.value, event.value)
  t.true(messages[0]?.verbatim)
})

test('with transform, what the schema makes of it is passed on', async (t) => {
  const event = { ...at('09:00', { guid: 'a', at: 1, extra: true }), verbatim: true }
  const { messages } = await feed(event).run(validate(view, { transform: true }))
  t.deepEqual(messages[0]?.value, { guid: 'a', at: 1, tags: [] })
  t.false(messages[0]?.verbatim)
})

test('an event that does not fit is rejected with every problem and its place', async (t) => {
  const { rejected } = await feed(at('09:00', { guid: '', tags: ['a', 2] })).run(validate(view))
  const [rejection] = rejected
  t.deepEqual(
    rejection?.problems.map((problem) => problem.split(':')[0]),
    ['guid', 'at', 'tags[1]'],
  )
  t.regex(rejection?.reason ?? '', /^invalid event: guid: .* \(and 2 more\)$/)
})

test('a problem of the whole event has no place', async (t) => {
  const { rejected } = await feed(at('09:00', 7)).run(validate(view))
  t.is(rejected[0]?.problems.length, 1)
  t.regex(rejected[0]?.reason ?? '', /^invalid event: Invalid input: expected object/)
})

test('a schema that answers later is refused', async (t) => {
  const later: StandardSchema = {
    '~standard': { version: 1, vendor: 'slow', validate: (value) => Promise.resolve({ value }) },
  }
  await t.throwsAsync(feed(at('09:00', 1)).run(validate(later)), {
    message: /answers at once, but this one of slow returned a promise/,
  })
})
