import { PassThrough, Readable } from 'node:stream'
import { setImmediate as settled } from 'node:timers/promises'
import test from 'ava'
import { type BadLine, sendLines, type SendOptions } from '../../../lib/cli/send-lines.ts'
import type { NewRecord, Producer } from '../../../lib/ports.ts'

/** A topic whose appends are answered when the test says so, or at once. */
class Topic implements Producer {
  readonly partitions = 1
  readonly appends: string[][] = []
  opened = 0
  closed = 0
  readonly #answer: (nth: number) => Promise<void>

  constructor(answer: (nth: number) => Promise<void> = async () => {}) {
    this.#answer = answer
  }

  append(records: readonly NewRecord[]): Promise<void> {
    return this.#answer(this.appends.push(records.map(({ value }) => String(value))))
  }

  async close(): Promise<void> {
    this.closed++
  }

  get open(): SendOptions['open'] {
    return async () => {
      this.opened++
      return this
    }
  }
}

const { signal } = new AbortController()

const send = (
  pieces: readonly string[],
  topic: Topic,
  options: Partial<SendOptions> = {},
): ReturnType<typeof sendLines> =>
  sendLines(Readable.from(pieces.map((text) => Buffer.from(text))), {
    open: topic.open,
    badLines: 'stop',
    signal,
    ...options,
  })

test('lines become records in their order', async (t) => {
  const topic = new Topic()
  const sent = await send(['1\n2\n', '3\n', '4'], topic)
  t.deepEqual(sent, { written: 4, bad: 0, stoppedAt: undefined, failed: undefined })
  t.deepEqual(topic.appends.flat(), ['1', '2', '3', '4'])
  t.deepEqual([topic.opened, topic.closed], [1, 1])
})

test('without a line the topic is not even opened', async (t) => {
  const topic = new Topic()
  t.is((await send(['\n', ' \r\n'], topic)).written, 0)
  t.is(topic.opened, 0)
})

test('a bad line stops there: what is before it is written, and nothing else', async (t) => {
  const topic = new Topic()
  const { written, stoppedAt } = await send(['1\n2\nx\n4\n', '5\n'], topic)
  t.is(written, 2)
  t.like(stoppedAt, { number: 3 })
  t.deepEqual(topic.appends.flat(), ['1', '2'])
})

test('bad lines are left out, or sent as they are, and told with their numbers', async (t) => {
  for (const [badLines, expected] of [
    ['skip', ['{"k":1}', '{"k":2}']],
    ['send', ['{"k":1}', 'x', '{"k":2}', '{}']],
  ] as const) {
    const topic = new Topic()
    const told: BadLine[] = []
    const { written, bad, stoppedAt } = await send(['{"k":1}\nx\n{"k":2}\n{}\n'], topic, {
      key: 'k',
      badLines,
      bad: (line) => void told.push(line),
    })
    t.deepEqual(topic.appends.flat(), expected)
    t.deepEqual([written, bad, stoppedAt], [expected.length, 2, undefined])
    t.deepEqual(
      told.map(({ number }) => number),
      [2, 4],
    )
  }
})

test('a line that comes while an append is under way goes with the next one, with no line after it', async (t) => {
  const first = Promise.withResolvers<void>()
  const topic = new Topic((nth) => (nth === 1 ? first.promise : Promise.resolve()))
  const input = new PassThrough()
  const sending = sendLines(input, { open: topic.open, badLines: 'stop', signal })
  for (const text of ['1\n', '2\n', '3\n']) {
    input.write(text)
    await settled()
  }
  t.deepEqual(topic.appends, [['1']])
  first.resolve()
  while (topic.appends.length < 2) await settled()
  t.deepEqual(topic.appends, [['1'], ['2', '3']])
  input.end()
  t.is((await sending).written, 3)
})

test('where the log is slow no more than two appends are read ahead', async (t) => {
  const never = Promise.withResolvers<void>()
  const topic = new Topic(() => never.promise)
  let pieces = 0
  const input = Readable.from(
    (function* () {
      for (; pieces < 1_000; pieces++) yield Buffer.from(`"${'x'.repeat(64 * 1024)}"\n`)
    })(),
    { highWaterMark: 1 },
  )
  const sending = sendLines(input, { open: topic.open, badLines: 'stop', signal })
  for (let turn = 0; turn < 500; turn++) await settled()
  t.true(pieces > 10 && pieces < 40, `${pieces} pieces of 64 KiB`)
  never.resolve()
  t.is((await sending).written, 1_000)
})

test('a log that fails ends it, with the lines that it did not take', async (t) => {
  const topic = new Topic(async (nth) => {
    if (nth === 2) throw new Error('too large')
  })
  const input = new PassThrough()
  const sending = sendLines(input, { open: topic.open, badLines: 'stop', signal })
  input.write('1\n')
  while (topic.appends.length < 1) await settled()
  await settled()
  input.write('2\n\n"a long one"\n3\n')
  const { written, failed } = await sending
  t.is(written, 1)
  t.deepEqual(failed, { first: 2, last: 5, longest: 4, reason: 'too large' })
  t.true(input.destroyed)
})

test('a signal ends it after what was read', async (t) => {
  const topic = new Topic()
  const stop = new AbortController()
  const input = new PassThrough()
  const sending = sendLines(input, { open: topic.open, badLines: 'stop', signal: stop.signal })
  input.write('1\n2\n3')
  while (topic.appends.length < 1) await settled()
  stop.abort()
  t.like(await sending, { written: 2, stoppedAt: undefined, failed: undefined })
})

test('an input that breaks is an error, with what came before it written', async (t) => {
  const topic = new Topic()
  const input = Readable.from(
    (async function* () {
      yield Buffer.from('1\n')
      throw new Error('disk is gone')
    })(),
  )
  await t.throwsAsync(sendLines(input, { open: topic.open, badLines: 'stop', signal }), {
    message: 'disk is gone',
  })
  t.deepEqual(topic.appends, [['1']])
  t.is(topic.closed, 1)
})
