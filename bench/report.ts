import { formatBytes, formatCount, table } from '../lib/cli/text.ts'
import { candidates } from './candidates.ts'
import { figuresOf, type Round, type Verdict } from './verdict.ts'

/** What came out, as lines for people. */
export function report(rounds: readonly Round[], events: number, verdict: Verdict): string[] {
  const rows = candidates.map(({ letter, title }) => {
    const { eventsPerSecond, spread, cpu, peak } = figuresOf(letter, rounds, events)
    return [
      `(${letter})`,
      title,
      Math.round(eventsPerSecond),
      `± ${formatCount((spread * 100) / 2)} %`,
      cpu.toFixed(2),
      formatBytes(peak),
    ]
  })
  return [
    ...table([['', '', 'events/s', 'spread', 'CPU s/million', 'peak memory'], ...rows]),
    '',
    ...verdict.goals.map(({ text, isReached }) => `${isReached ? 'reached' : 'missed'}: ${text}`),
    ...verdict.voids.map((why) => `void: ${why}`),
  ]
}
