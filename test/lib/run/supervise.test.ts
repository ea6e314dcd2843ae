import test from 'ava'
import { type ErrorCode, SluiceError } from '../../../lib/errors.ts'
import { supervise } from '../../../lib/run/supervise.ts'
import { virtualClock } from '../../../lib/testing.ts'

const never = new AbortController().signal

/** A lane that fails so often, each time after it has got so much done, and then ends. */
function failing(times: number, error: Error, progressOfOne = 0) {
  let done = 0
  let runs = 0
  const notes: string[] = []
  return {
    notes,
    run: async (): Promise<void> => {
      runs++
      done += progressOfOne
      if (runs <= times) throw error
    },
    options: {
      clock: virtualClock(),
      signal: never,
      progress: () => done,
      note: (text: string) => void notes.push(text),
    },
    get runs() {
      return runs
    },
  }
}

test('a lane that fails is claimed again until it ends', async (t) => {
  const lane = failing(5, new Error('reset by peer'))
  await lane.options.clock.run(supervise(lane.run, lane.options))
  t.is(lane.runs, 6)
  t.is(lane.notes.length, 5)
  t.regex(lane.notes[0] ?? '', /^reset by peer; claiming it again in \d+\.\d s$/)
})

test('a lane that gets nothing done is given up', async (t) => {
  const lane = failing(100, new Error('always'))
  await t.throwsAsync(lane.options.clock.run(supervise(lane.run, lane.options)), {
    message: 'always',
  })
  t.is(lane.runs, 8)
})

test('a lane that gets something done between its failures is not', async (t) => {
  const lane = failing(50, new Error('now and then'), 1)
  await lane.options.clock.run(supervise(lane.run, lane.options))
  t.is(lane.runs, 51)
})

const fatal: ErrorCode[] = ['config', 'corrupt', 'log-range', 'rejected', 'memory']

for (const code of fatal)
  test(`what a person has to mend is not tried again: ${code}`, async (t) => {
    const lane = failing(100, new SluiceError(code, 'mend me'))
    await t.throwsAsync(lane.options.clock.run(supervise(lane.run, lane.options)), { code })
    t.is(lane.runs, 1)
  })

test('a lane that is told to leave is not claimed again', async (t) => {
  const leave = new AbortController()
  const lane = failing(100, new SluiceError('fenced', 'another owner'))
  const supervised = supervise(lane.run, { ...lane.options, signal: leave.signal })
  await lane.options.clock.settle()
  leave.abort(new Error('gone'))
  await lane.options.clock.run(supervised)
  t.is(lane.runs, 1)
})
