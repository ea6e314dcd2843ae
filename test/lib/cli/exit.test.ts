import { CommanderError } from 'commander'
import test from 'ava'
import { report } from '../../../lib/cli/exit.ts'
import { SluiceError } from '../../../lib/errors.ts'
import { StoreError } from '../../../lib/ports.ts'

function reported(error: unknown): { code: number; lines: string[] } {
  const lines: string[] = []
  return { code: report(error, (line) => lines.push(line)), lines }
}

test('what a user has to change exits 2, in one line', (t) => {
  t.deepEqual(reported(new SluiceError('config', 'no bucket\n  named')), {
    code: 2,
    lines: ['error: no bucket named'],
  })
})

test('what a service refuses, or a run cannot do, exits 1', (t) => {
  for (const code of ['service', 'corrupt', 'rejected', 'memory'] as const)
    t.deepEqual(reported(new SluiceError(code, 'so')), { code: 1, lines: ['error: so'] })
})

test('a failure of the store is told like any other', (t) => {
  t.deepEqual(reported(new StoreError('transient', 'gone')), { code: 1, lines: ['error: gone'] })
  t.deepEqual(reported(new StoreError('config', 'no bucket')), {
    code: 2,
    lines: ['error: no bucket'],
  })
})

test('what commander has said already exits 2, and its help 0', (t) => {
  t.deepEqual(reported(new CommanderError(1, 'commander.unknownOption', '')), {
    code: 2,
    lines: [],
  })
  t.deepEqual(reported(new CommanderError(0, 'commander.helpDisplayed', '')), {
    code: 0,
    lines: [],
  })
})

test('anything else is a bug: it exits 70 with its stack, and asks to be reported', (t) => {
  const { code, lines } = reported(new TypeError('x is undefined'))
  t.is(code, 70)
  t.regex(lines[0]!, /^TypeError: x is undefined\n {4}at .*exit\.test\.ts/)
  t.regex(lines[1]!, /please report it/)
  t.is(reported('text').code, 70)
})
