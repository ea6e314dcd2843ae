import { EventEmitter } from 'node:events'
import test from 'ava'
import { stopOnSignals } from '../../../lib/cli/stop.ts'
import { virtualClock } from '../../../lib/testing.ts'

/** A process whose exits are only written down. */
function scene() {
  const clock = virtualClock()
  const signals = new EventEmitter()
  const exits: number[] = []
  const lines: string[] = []
  const process = Object.assign(signals, {
    exit: (code: number) => void exits.push(code),
  }) as unknown as NodeJS.Process
  const screen = { write: (text: string) => void lines.push(text) }
  const send = (signal: 'SIGINT' | 'SIGTERM'): void => void signals.emit(signal, signal)
  return { clock, signals, send, exits, lines, stop: stopOnSignals({ clock, process, screen }) }
}

test('without a signal a run exits 0', (t) => {
  const { stop } = scene()
  t.is(stop.code, 0)
  t.false(stop.signal.aborted)
})

test('the first signal asks for a clean stop, and says how to stop at once', (t) => {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    const { send, stop, lines, exits } = scene()
    send(signal)
    t.true(stop.signal.aborted)
    t.is(stop.code, code)
    t.deepEqual(lines, [`${signal}: finishing what is under way; again to stop at once\n`])
    t.deepEqual(exits, [])
  }
})

test('a second signal stops at once', async (t) => {
  const { clock, send, exits, lines } = scene()
  send('SIGTERM')
  await clock.advance(600)
  send('SIGINT')
  t.deepEqual(exits, [130])
  t.regex(lines.at(-1)!, /^SIGINT again: what is not committed is read again/)
})

test('what a terminal and npm both pass on is one signal', async (t) => {
  const { clock, send, exits } = scene()
  send('SIGINT')
  await clock.advance(100)
  send('SIGINT')
  t.deepEqual(exits, [])
})

test('a clean stop that takes too long exits 1', async (t) => {
  const { clock, send, exits, lines } = scene()
  send('SIGTERM')
  await clock.advance(19_999)
  t.deepEqual(exits, [])
  await clock.advance(1)
  t.deepEqual(exits, [1])
  t.regex(lines.at(-1)!, /^not finished after 20 s: /)
})

test('after a clean stop nothing more comes', async (t) => {
  const { clock, signals, send, stop, exits } = scene()
  send('SIGTERM')
  stop.close()
  await clock.advance(30_000)
  t.is(signals.listenerCount('SIGTERM'), 0)
  t.deepEqual(exits, [])
})
