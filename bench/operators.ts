import { Command } from 'commander'
import { flagOf } from '../lib/cli/flag.ts'
import { formatCount, table } from '../lib/cli/text.ts'
import { integer } from '../lib/options.ts'
import { casesOf } from './operators/cases.ts'
import { bytesOf, type Case, timeOf } from './operators/run.ts'

interface Given {
  readonly events: number
  readonly rounds: number
}

/** Rounds before those that count, so that the compiler has seen all of it. */
const WARM_UP = 2

await new Command('bench:operators')
  .description('measure each operator alone: CPU time an event, bytes for each of what it holds')
  .addOption(flagOf('events', integer(100_000, 'events that each is fed')))
  .addOption(flagOf('rounds', integer(5, 'times that each is run')))
  .action(main)
  .parseAsync()

async function main({ events, rounds }: Given): Promise<void> {
  const cases = await casesOf(events)
  const times = cases.map((): number[] => [])
  for (let round = 0; round < WARM_UP + rounds; round++)
    for (const [i, one] of cases.entries()) {
      const time = await timeOf(one)
      if (round >= WARM_UP) times[i]!.push(time)
    }
  const rows: (string | number)[][] = []
  for (const [i, one] of cases.entries())
    rows.push([one.name, Math.round(medianOf(times[i]!)), one.of, await heldBy(one)])
  for (const line of table([['', 'CPU ns', 'for each', 'holds'], ...rows])) console.log(line)
}

async function heldBy(one: Case): Promise<string> {
  if (!one.holds) return ''
  const { what, number } = one.holds
  const bytes = Math.round(await bytesOf(one, number))
  return `${formatCount(bytes)} bytes for each ${what} (${formatCount(number)})`
}

function medianOf(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!
}
