// npm run model [-- --records 3 --claims 2 …]: explore the protocol within the bounds given, then
// every wrong variant, and print a table with the shortest trace of each violation.
import { parseArgs } from 'node:util'
import { exchangeModel } from './exchange.ts'
import { explore, type Exploration } from './explore.ts'
import { huntModel } from './hunt.ts'
import { laneModel } from './lane.ts'
import { messageModel } from './messages.ts'
import { rivalsModel } from './rivals.ts'
import { upstream, wrongVariants } from './variants.ts'

const defaults = {
  records: 3,
  claims: 2,
  kills: 1,
  lost: 1,
  expiries: 1,
  edits: 0,
  growth: 0,
  stride: 2,
  widenings: 1,
  limit: 5_000_000,
}

type Bound = keyof typeof defaults

const bounds = readBounds(process.argv.slice(2))
const {
  records,
  claims,
  kills,
  lost: lostAnswers,
  expiries,
  edits,
  growth,
  stride,
  widenings,
} = bounds
const faults = { claims, kills, lostAnswers, expiries, edits }
const boundsText = Object.entries(bounds).map(([name, value]) => `${name} ${value}`)
console.log(`bounds of the protocol: ${boundsText.join(', ')}`)

let asExpected = true
const lane = laneModel({ ...faults, records, growth })
report('lane', 'HOLDS', () => explore(lane, bounds.limit))
const exchange = exchangeModel({ ...faults, upstream, stride })
report('exchange', 'HOLDS', () => explore(exchange, bounds.limit))
const produced = messageModel({ ...faults, records, widenings })
report('messages', 'HOLDS', () => explore(produced, bounds.limit))
report('hunt', 'HOLDS', () => explore(huntModel({ records, kills: 2 }), bounds.limit))
report('rivals', 'HOLDS', () => explore(rivalsModel({ processes: 5, kills: 2 }), bounds.limit))
for (const { name, meaning, find } of wrongVariants) {
  report(name, 'BROKEN', find, meaning)
}
process.exitCode = asExpected ? 0 : 1

function readBounds(args: string[]): Record<Bound, number> {
  const names = Object.keys(defaults) as Bound[]
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]))
  try {
    const { values } = parseArgs({ args, options })
    const read = names.map((name) => [name, wholeNumber(name, values[name])] as const)
    return Object.fromEntries(read) as Record<Bound, number>
  } catch (error) {
    console.error(`${(error as Error).message}\nThe bounds are: --${names.join(' --')}.`)
    process.exit(2)
  }
}

function wholeNumber(name: Bound, text: string | undefined): number {
  if (text === undefined) return defaults[name]
  if (!/^\d+$/.test(text)) throw new Error(`--${name} takes a whole number, not "${text}".`)
  return Number(text)
}

function report(
  name: string,
  expected: Exploration['verdict'],
  find: () => Exploration,
  meaning = 'the protocol',
): void {
  const began = performance.now()
  const { verdict, states, violation, trace, outcomes } = find()
  const ms = Math.round(performance.now() - began)
  if (verdict !== expected) asExpected = false
  const found = violation ?? `runs end so: ${JSON.stringify(outcomes)}`
  const counted = `${String(states).padStart(8)} states ${String(ms).padStart(7)} ms`
  console.log(`${verdict.padEnd(6)} ${name.padEnd(22)} ${counted}  ${meaning}: ${found}`)
  trace.forEach((label, step) => console.log(`${String(step + 1).padStart(10)}  ${label}`))
}
