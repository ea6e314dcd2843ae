import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { AnswerLog, Outcome, RecordedAnswers } from '../../lib/answers.ts'

const outcomes = fc.array(
  fc.oneof(
    fc.jsonValue().map((answer) => new Outcome(answer)),
    fc.constant(new Outcome(undefined)),
    fc.string().map((error) => new Outcome(undefined, { error, attempts: 3 })),
  ),
)

/** As one sees it that has been written and read. */
const seen = ({ text }: Outcome): unknown => JSON.parse(text)

testProp('what was answered is read back for every message, in order', [outcomes], (t, all) => {
  const log = new AnswerLog()
  for (const outcome of all) log.add(outcome)
  const bytes = log.take()
  if (all.length === 0) return t.is(bytes, undefined)
  const recorded = new RecordedAnswers(bytes!)
  t.deepEqual(
    all.map(() => seen(recorded.next())),
    all.map(seen),
  )
  t.throws(() => recorded.next(), { code: 'corrupt' })
})

test('an answer is written once, however many messages have it', (t) => {
  const log = new AnswerLog()
  for (let i = 0; i < 10_000; i++) log.add(new Outcome({ city: `city_${i % 200}` }))
  t.true(log.take()!.length < 10_000 + 200 * 40)
})

for (const different of [256, 257, 65_537])
  test(`${different} different answers are told apart`, (t) => {
    const log = new AnswerLog()
    for (let i = 0; i < different; i++) log.add(new Outcome(i))
    const recorded = new RecordedAnswers(log.take()!)
    for (let i = 0; i < different; i++)
      if (recorded.next().answer !== i) t.fail(`another answer for ${i}`)
    t.pass()
  })

test('it knows what it holds, and begins anew when that is taken', (t) => {
  const log = new AnswerLog()
  t.is(log.held, 0)
  log.add(new Outcome('x'.repeat(1_000)))
  t.true(log.held > 2_000)
  log.take()
  t.is(log.held, 0)
  t.is(log.take(), undefined)
})
