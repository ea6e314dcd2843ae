import test from 'ava'
import { at, feed } from '../../lib/testing.ts'
import { parse } from '../../operators/index.ts'

const wrong = {
  json: '{"a":',
  'connect-json': '{"a":1}',
  text: Buffer.from([0xff]),
} as const

for (const format of ['json', 'connect-json', 'text'] as const) {
  const input = [at('09:00', wrong[format]), at('09:01', ''), at('09:02', null)]
  const run = (onInvalid?: 'reject' | 'drop') =>
    feed<Buffer | null>(
      ...input.map((message) => ({
        ...message,
        value: message.value === null ? null : Buffer.from(message.value),
      })),
    ).run(parse({ format: format as 'json', ...(onInvalid && { onInvalid }) }))

  test(`${format}: what is something else is rejected, unless said otherwise`, async (t) => {
    const { operator } = await run()
    t.is(operator.fates.dropped, 0)
    t.true(operator.fates.rejected >= 2)
  })

  test(`${format}: what is something else may be dropped with a count, but for tombstones`, async (t) => {
    const { operator, rejected } = await run('drop')
    const { fates } = await run().then(({ operator }) => operator)
    t.deepEqual(operator.fates, { dropped: fates.rejected - 1, rejected: 1, expanded: 0 })
    t.deepEqual(
      rejected.map(({ reason }) => reason),
      ['null value'],
    )
  })
}

test('a word that is none of them is refused when parse is built', (t) => {
  t.throws(() => parse({ onInvalid: 'fail' as 'drop' }), {
    code: 'config',
    message: 'onInvalid of parse is reject or drop, not fail',
  })
})

test('part of a value is never dropped, since nothing would count it', (t) => {
  for (const format of ['ndjson', 'json-array'] as const)
    t.throws(() => parse({ format, onInvalid: 'drop' }), {
      code: 'config',
      message: new RegExp(
        `^onInvalid: 'drop' of parse counts values, and of format '${format}' part`,
      ),
    })
})
