import test from 'ava'
import { z } from 'zod'
import { Parts } from '../../lib/part.ts'
import { at, feed } from '../../lib/testing.ts'
import type { StandardSchema } from '../../lib/standard-schema.ts'
import { validate } from '../../operators/validate.ts'

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

test('with drop, an event that does not fit is left out and counted', async (t) => {
  const { values, rejected, operator } = await feed(
    at('09:00', 7),
    at('09:01', { guid: 'a', at: 1 }),
  ).run(validate(view, { onInvalid: 'drop' }))
  t.deepEqual(values, [{ guid: 'a', at: 1 }])
  t.deepEqual(rejected, [])
  t.deepEqual(operator.fates, { dropped: 1, rejected: 0, expanded: 0 })
})

test('with fail, it says where the event is, all that is wrong with it, and what to do', async (t) => {
  const strict = () => validate(view, { onInvalid: 'fail' })
  const wrong = at('09:00', { guid: '', at: 'x' }, { partition: 0, offset: 17 })
  await t.throwsAsync(feed(wrong).run(strict()), {
    code: 'rejected',
    message: /^validate refuses test-0@17: guid: .*; at: .*\. Nothing .* onInvalid: 'reject'$/,
  })
  const second = new Parts()
  second.of(wrong, 1)
  await t.throwsAsync(feed(second.of(wrong, 2)).run(strict()), {
    message: /^validate refuses test-0@17, event 1 of it: Invalid input/,
  })
})

test('another answer to what does not fit is refused', (t) => {
  t.throws(() => validate(view, { onInvalid: 'skip' as 'drop' }), {
    code: 'config',
    message: 'onInvalid of validate is reject, drop or fail, not skip',
  })
})
