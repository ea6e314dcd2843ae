import { formatCount } from '../lib/cli/text.ts'
import type { Letter } from './candidates.ts'
import type { Usage } from './usage.ts'

/** One round: what each candidate took for the same events. */
export type Round = Readonly<Partial<Record<Letter, Usage>>>

/** A candidate over all rounds: medians. */
export interface Figures {
  readonly eventsPerSecond: number
  /** From the slowest to the fastest round, as a part of the median. */
  readonly spread: number
  /** CPU seconds for a million events. */
  readonly cpu: number
  /** The most memory that any round took, in bytes. */
  readonly peak: number
}

/** Whether ours is as fast, beside a hand-written loop, and as small as it is meant to be. */
export interface Verdict {
  /** Why the baselines say nothing about this machine; none when they do. */
  readonly voids: readonly string[]
  readonly goals: readonly { readonly text: string; readonly isReached: boolean }[]
}

/** Events a second below which a baseline is not what a hand-written loop reaches on two cores. */
const LEAST = { b: 300_000, d: 180_000 } as const
const MOST_SPREAD = 0.15

const RATIOS = [
  { ours: 'c', baseline: 'b', least: 0.75 },
  { ours: 'e', baseline: 'd', least: 0.65 },
] as const
const MB = 1_024 ** 2
const MOST_PEAK = 350 * MB

export function figuresOf(letter: Letter, rounds: readonly Round[], events: number): Figures {
  const usages = rounds.flatMap((round) => round[letter] ?? [])
  const speeds = usages.map(({ elapsed }) => events / elapsed)
  const eventsPerSecond = median(speeds)
  return {
    eventsPerSecond,
    spread: (Math.max(...speeds) - Math.min(...speeds)) / eventsPerSecond,
    cpu: median(usages.map(({ cpu }) => (cpu * 1e6) / events)),
    peak: Math.max(...usages.map(({ peak }) => peak)),
  }
}

export function verdictOf(rounds: readonly Round[], events: number): Verdict {
  const voids = (['b', 'd'] as const).flatMap((letter) => {
    const { eventsPerSecond, spread } = figuresOf(letter, rounds, events)
    const least = LEAST[letter]
    const reached = `reaches ${formatCount(eventsPerSecond)} events/s`
    return [
      ...(eventsPerSecond < least
        ? [`(${letter}) ${reached}, less than ${formatCount(least)}`]
        : []),
      ...(spread > MOST_SPREAD
        ? [`(${letter}) spreads by ${percent(spread)}, more than ${percent(MOST_SPREAD)}`]
        : []),
    ]
  })
  const { peak } = figuresOf('e', rounds, events)
  return {
    voids,
    goals: [
      ...RATIOS.map(({ ours, baseline, least }) => {
        const ratio = ratioOf(ours, baseline, rounds)
        const text = `${ours}/${baseline} ${ratio.toFixed(2)} (at least ${least})`
        return { text, isReached: ratio >= least }
      }),
      {
        text: `peak of (e) ${Math.round(peak / MB)} MB (at most ${MOST_PEAK / MB} MB)`,
        isReached: peak <= MOST_PEAK,
      },
    ],
  }
}

/** Of the speeds, round by round: what slows one half of a pair slows the other. */
function ratioOf(ours: Letter, baseline: Letter, rounds: readonly Round[]): number {
  return median(rounds.map((round) => round[baseline]!.elapsed / round[ours]!.elapsed))
}

const percent = (part: number): string => `${Math.round(part * 100)} %`

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  return (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2
}
