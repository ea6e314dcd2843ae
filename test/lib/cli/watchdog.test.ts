import test from 'ava'
import { standstill, watchEventLoop } from '../../../lib/cli/watchdog.ts'
import type { Clock } from '../../../lib/clock.ts'

test('a loop that computes is told from a process that is stopped', (t) => {
  t.regex(
    standstill(12_340, 12_000),
    /^the event loop stood still for 12\.3 s because something computed .*it has to be short/,
  )
  t.regex(
    standstill(45_000, 20),
    /^this process stood still for 45\.0 s and computed for 0\.0 s of it: it was stopped from outside/,
  )
})

test('an event loop that stands still for over five seconds is told of, and one that turns is not', async (t) => {
  const told: string[] = []
  const over = new AbortController()
  const turns = [1_000, 1_400, 5_900, 6_000, 31_000]
  let now = 0
  const clock: Clock = {
    now: () => 0,
    async sleep() {
      now += turns.shift() ?? 0
      if (turns.length === 0) over.abort()
    },
  }
  await watchEventLoop(
    clock,
    over.signal,
    (text) => void told.push(text),
    () => now,
  )
  t.deepEqual(
    told.map((text) => /stood still for (\S+) s/.exec(text)?.[1]),
    ['5.0', '30.0'],
  )
})
