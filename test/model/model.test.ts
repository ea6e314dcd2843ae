import test from 'ava'
import { exchangeModel } from './exchange.ts'
import { explore, type Model } from './explore.ts'
import { huntModel } from './hunt.ts'
import { laneModel } from './lane.ts'
import { messageModel } from './messages.ts'
import { rivalsModel } from './rivals.ts'
import { upstream, wrongVariants } from './variants.ts'
import { PATIENCE } from '../support/length.ts'

// An exploration blocks the event loop: ava sees no progress while it runs, so each runs alone.
test.beforeEach((t) => {
  t.timeout(PATIENCE)
})

const faultless = { claims: 2, kills: 0, lostAnswers: 0, expiries: 0, edits: 0 }
const oneOfEach = { ...faultless, kills: 1, lostAnswers: 1, expiries: 1 }

const inOrder = (pair: number[]) => pair.toSorted((a, b) => a - b)

/** Count to three in steps of one or two; a pair of counters has no order. */
const counters: Model<number[]> = {
  initial: [0, 0],
  *steps(pair) {
    for (const [index, count] of pair.entries()) {
      for (const by of count < 3 ? [1, 2] : []) {
        yield { label: `${index} +${by}`, state: pair.with(index, count + by) }
      }
    }
  },
  canonical: inOrder,
  violation: () => undefined,
  outcome: (pair) => (pair.every((count) => count >= 3) ? 'full' : undefined),
}

test.serial('the explorer visits every state once, whatever the order of its processes', (t) => {
  const { verdict, states, outcomes } = explore(counters)
  t.deepEqual(
    { verdict, states, outcomes },
    { verdict: 'HOLDS', states: 15, outcomes: { full: 3 } },
  )
})

test.serial('the explorer finds a shortest trace, in which a label keeps to its process', (t) => {
  const violation = ([first, second]: number[]) => (first === 1 && second === 3 ? 'odd' : undefined)
  const found = explore({ ...counters, violation })
  t.is(found.verdict, 'BROKEN')
  t.is(found.violation, 'odd')
  const reached = [0, 0]
  for (const label of found.trace) reached[Number(label[0])]! += Number(label.slice(2))
  t.deepEqual(inOrder(reached), [1, 3])
  t.is(found.trace.length, 3)
})

test.serial('the explorer leaves the answer open when it reaches its limit', (t) => {
  t.is(explore(counters, 5).verdict, 'OPEN')
})

test.serial(
  'a lane loses and doubles nothing, whoever is killed, slow, unanswered or expired',
  (t) => {
    const { verdict, trace, outcomes } = explore(laneModel({ ...oneOfEach, records: 2, growth: 0 }))
    t.deepEqual({ verdict, trace }, { verdict: 'HOLDS', trace: [] })
    t.true(outcomes['ended']! > 0)
    t.true(outcomes['stopped']! > 0)
  },
)

test.serial('a run keeps its end while the log grows, and readers their own objects', (t) => {
  const bounds = { ...oneOfEach, claims: 1, expiries: 0, edits: 1, records: 1, growth: 1 }
  const { verdict, trace, outcomes } = explore(laneModel(bounds))
  t.deepEqual({ verdict, trace }, { verdict: 'HOLDS', trace: [] })
  t.true(outcomes['ended']! > 0)
})

test.serial('an exchange counts every partial once, and shows every result once', (t) => {
  const { verdict, trace, outcomes } = explore(exchangeModel({ ...oneOfEach, upstream, stride: 1 }))
  t.deepEqual({ verdict, trace }, { verdict: 'HOLDS', trace: [] })
  t.true(outcomes['ended']! > 0)
  t.true(outcomes['stopped']! > 0)
})

test.serial(
  'a reader that drops what is not higher has every message once, in order, whoever produces it when',
  (t) => {
    const bounds = { ...oneOfEach, expiries: 0, records: 3, widenings: 1 }
    const { verdict, trace, outcomes } = explore(messageModel(bounds))
    t.deepEqual({ verdict, trace }, { verdict: 'HOLDS', trace: [] })
    t.true(outcomes['ended']! > 0)
  },
)

test.serial(
  'a record that kills is set aside, and no other, with two random kills anywhere',
  (t) => {
    const { verdict, trace, outcomes } = explore(huntModel({ records: 3, kills: 2 }))
    t.deepEqual({ verdict, trace }, { verdict: 'HOLDS', trace: [] })
    t.true(outcomes['ended']! > 0)
  },
)

test.serial(
  'three random kills in a row, each while one same record is tried alone, are needed',
  (t) => {
    const { verdict, violation, trace } = explore(huntModel({ records: 2, kills: 3 }))
    t.like(
      { verdict, violation },
      { verdict: 'BROKEN', violation: 'record 0:0 was set aside, and nobody died of it' },
    )
    const kills = trace.flatMap((label, at) => (label === 'kill' ? (trace[at - 1] ?? '') : []))
    t.deepEqual(
      kills,
      Array.from({ length: 3 }, () => 'lane 0: try 0..1'),
    )
  },
)

test.serial('rivals that live convict nobody, however often they displace each other', (t) => {
  const { verdict, trace, outcomes } = explore(rivalsModel({ processes: 4, kills: 2 }))
  t.deepEqual({ verdict, trace }, { verdict: 'HOLDS', trace: [] })
  t.true(outcomes['read']! > 0)
})

for (const { name, meaning, violation, find } of wrongVariants) {
  test.serial(`${name} is found out: ${meaning}`, (t) => {
    const found = find()
    t.like(found, { verdict: 'BROKEN', violation })
    t.true(found.trace.length > 0)
  })
}
