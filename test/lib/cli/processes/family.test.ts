import test from 'ava'
import { Family } from '../../../../lib/cli/processes/family.ts'
import type { End } from '../../../../lib/cli/processes/member.ts'
import type { Verdict } from '../../../../lib/cli/processes/verdict.ts'
import { seconds } from '../../../../lib/duration.ts'
import { virtualClock } from '../../../../lib/testing.ts'

/** A process that ends when the test says so, or at a signal with what that asks for. */
class Fake {
  readonly pid = 1
  readonly number: number
  readonly over: Promise<End>
  newest: { hasWorked: boolean } | undefined
  readonly signals: string[] = []
  /** What it exits with when it is told to stop. */
  onSignal = 143
  #end: (end: End) => void = () => undefined

  constructor(number: number) {
    this.number = number
    this.over = new Promise((resolve) => {
      this.#end = resolve
    })
  }

  signal(name: NodeJS.Signals): void {
    this.signals.push(name)
    this.exit(this.onSignal)
  }

  exit(code: number, verdict?: Verdict): void {
    this.#end({ code, signal: null, verdict })
  }

  die(hasWorked = false): void {
    this.newest = { hasWorked }
    this.#end({ code: null, signal: 'SIGABRT', verdict: undefined })
  }
}

function scene(size: number) {
  const clock = virtualClock()
  const notes: string[] = []
  const started: Fake[] = []
  const family = new Family<Fake>({
    size,
    clock,
    note: (text) => void notes.push(text),
    start: (number) => {
      const fake = new Fake(number)
      started.push(fake)
      return fake
    },
  })
  return { clock, notes, started, family, code: family.run() }
}

test('it is over when all have ended', async (t) => {
  const { started, code } = scene(3)
  t.deepEqual(
    started.map(({ number }) => number),
    [1, 2, 3],
  )
  for (const one of started) one.exit(0)
  t.is(await code, 0)
})

test('of several exit codes the worst counts', async (t) => {
  for (const [codes, worst] of [
    [[143, 0, 143], 143],
    [[143, 1, 143], 1],
    [[1, 70, 2], 70],
  ] as const) {
    const { started, family, code } = scene(3)
    for (const [at, own] of codes.entries()) started[at]!.onSignal = own
    family.stop('SIGTERM')
    t.is(await code, worst)
  }
})

test('one that dies is started anew, later each time, and at once again when it has worked', async (t) => {
  const { clock, started, notes } = scene(1)
  for (const [deaths, wait] of [1, 2, 4].entries()) {
    started.at(-1)!.die()
    await clock.advance(seconds(wait) - 1)
    t.is(started.length, deaths + 1)
    await clock.advance(1)
    t.is(started.length, deaths + 2)
  }
  started.at(-1)!.die(true)
  await clock.advance(seconds(1))
  t.is(started.length, 5)
  t.is(notes[1], 'process 1 has died (SIGABRT): another one takes its place in 2 s')
})

test('the longest wait is half a minute', async (t) => {
  const { clock, started } = scene(1)
  for (const wait of [1, 2, 4, 8, 16, 30, 30]) {
    started.at(-1)!.die()
    // so that no five are within a minute
    const before = started.length
    await clock.advance(seconds(wait))
    t.is(started.length, before + 1)
    await clock.advance(seconds(20))
  }
})

test('five deaths within a minute that got nothing done end it, and the others cleanly', async (t) => {
  const { clock, started, notes, code } = scene(2)
  for (let deaths = 0; deaths < 5; deaths++) {
    started.findLast(({ number }) => number === 1)!.die()
    await clock.advance(seconds(8))
  }
  t.is(await code, 1)
  t.deepEqual(started.find(({ number }) => number === 2)!.signals, ['SIGTERM'])
  t.regex(notes.at(-1)!, /5 deaths within a minute, and nothing done: giving up$/)
})

test('deaths of those that got something done do not end it, however many', async (t) => {
  const { clock, started } = scene(1)
  for (let deaths = 0; deaths < 20; deaths++) {
    started.at(-1)!.die(true)
    await clock.advance(seconds(1))
  }
  t.is(started.length, 21)
})

for (const [what, own, verdict] of [
  ['a wrong setting', 2, undefined],
  ['what a person has to mend', 1, 'hopeless'],
  ['a service that denies all from the beginning', 2, 'no service'],
] as const)
  test(`${what} ends all, and is not tried again`, async (t) => {
    const { started, code } = scene(2)
    started[0]!.exit(own, verdict)
    t.is(await code, own)
    t.is(started.length, 2)
    t.deepEqual(started[1]!.signals, ['SIGTERM'])
  })

for (const [what, own] of [
  ['cannot reach a service', 1],
  ['is denied', 2],
] as const)
  test(`where others have worked, one that ${what} at its start is tried again until it can`, async (t) => {
    const { clock, started, notes } = scene(2)
    started[1]!.newest = { hasWorked: true }
    started[0]!.die()
    for (const wait of [1, 2, 4, 8, 16, 30, 30]) {
      const before = started.length
      await clock.advance(seconds(wait) - 1)
      t.is(started.length, before)
      await clock.advance(1)
      t.is(started.length, before + 1)
      started.at(-1)!.exit(own, 'no service')
    }
    await clock.settle()
    t.is(
      notes[1],
      `process 1 cannot use a service that others have used (exit code ${own}): another one takes its place in 2 s`,
    )
    t.deepEqual(started[1]!.signals, [])
  })

test('that others have worked counts when none of them is left', async (t) => {
  const { clock, started } = scene(2)
  started[1]!.newest = { hasWorked: true }
  started[1]!.exit(0)
  for (const wait of [1, 2, 4, 8, 16, 30]) {
    const before = started.length
    started.findLast(({ number }) => number === 1)!.exit(2, 'no service')
    await clock.advance(seconds(wait))
    t.is(started.length, before + 1)
  }
})

test('a service that nobody has worked with ends it after five starts without it', async (t) => {
  const { clock, started, notes, code } = scene(2)
  for (let deaths = 0; deaths < 5; deaths++) {
    started.findLast(({ number }) => number === 1)!.exit(1, 'no service')
    await clock.advance(seconds(8))
  }
  t.is(await code, 1)
  t.deepEqual(started[1]!.signals, ['SIGTERM'])
  t.regex(notes.at(-1)!, /giving up$/)
})

test('among deaths, those that a service keeps out count for nothing', async (t) => {
  const { clock, started, notes, code } = scene(2)
  started[1]!.newest = { hasWorked: true }
  const first = () => started.findLast(({ number }) => number === 1)!
  for (let deaths = 0; deaths < 4; deaths++) {
    first().die()
    await clock.advance(seconds(8))
  }
  first().exit(1, 'no service')
  await clock.advance(seconds(16))
  t.is(started.length, 7)
  t.deepEqual(started[1]!.signals, [])
  first().die()
  t.is(await code, 1)
  t.regex(notes.at(-1)!, /^process 1 has died .*giving up$/)
})

test('one that was kept out when all are told to stop has nothing to finish', async (t) => {
  const { started, family, code } = scene(2)
  started[1]!.newest = { hasWorked: true }
  started[0]!.signal = () => started[0]!.exit(2, 'no service')
  family.stop('SIGTERM')
  t.is(await code, 143)
})

test('a signal is passed on, and nobody is started any more', async (t) => {
  const { clock, started, family, code } = scene(2)
  started[0]!.die()
  await clock.settle()
  family.stop('SIGTERM')
  t.is(await code, 143)
  t.is(started.length, 2)
})
