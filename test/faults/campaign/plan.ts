import { randomFrom } from '../../pipelines/input.ts'

/** What suffers. One fault at a time has hold of it; faults of different ones overlap. */
export type Victim = 'process' | 'requests' | 'store line' | 'store' | 'broker line' | 'broker'

/** What else is done than killing: to whom, how long at the least and the most in seconds, and how likely it is among them. */
const KINDS = {
  sleep: { victim: 'process', lasts: [12, 20], weight: 3 },
  leave: { victim: 'process', lasts: [4, 15], weight: 2 },
  join: { victim: 'process', lasts: [15, 35], weight: 2 },
  refusals: { victim: 'requests', lasts: [3, 10], weight: 2 },
  'lost answers': { victim: 'requests', lasts: [3, 10], weight: 3 },
  'broken requests': { victim: 'requests', lasts: [3, 10], weight: 2 },
  silence: { victim: 'requests', lasts: [2, 6], weight: 1 },
  'store far away': { victim: 'store line', lasts: [3, 10], weight: 2 },
  'store black hole': { victim: 'store line', lasts: [2, 8], weight: 1 },
  'store reset': { victim: 'store line', lasts: [1, 5], weight: 2 },
  'store killed': { victim: 'store', lasts: [2, 8], weight: 1 },
  'store paused': { victim: 'store', lasts: [2, 10], weight: 2 },
  'broker far away': { victim: 'broker line', lasts: [3, 10], weight: 1 },
  'broker black hole': { victim: 'broker line', lasts: [2, 14], weight: 2 },
  'broker reset': { victim: 'broker line', lasts: [1, 5], weight: 2 },
  'broker killed': { victim: 'broker', lasts: [1, 5], weight: 1 },
  'broker stopped': { victim: 'broker', lasts: [1, 5], weight: 1 },
  'broker paused': { victim: 'broker', lasts: [2, 12], weight: 1 },
} as const satisfies Readonly<
  Record<string, { victim: Victim; lasts: readonly [number, number]; weight: number }>
>

export type LastingKind = keyof typeof KINDS

/** Something that goes on for a while. */
export interface Lasting {
  readonly kind: LastingKind
  /** From the beginning of the round, in ms. */
  readonly at: number
  /** In ms. */
  readonly lasts: number
  /** From 0 up to 1: how much, whom, or what of several, as the kind has it. */
  readonly chance: number
}

/** A process is killed, and another one started at once. */
export interface Kill {
  readonly kind: 'kill'
  readonly at: number
  readonly chance: number
  /** A failpoint that the next one gets: it is killed there, or stopped for a while. */
  readonly fault?: string
}

export type Strike = Kill | Lasting

/** Failpoints that a process comes to in ordinary work, with their moments, and up to which time. */
const FAILPOINTS: readonly (readonly [point: string, moments: readonly string[], most: number])[] =
  [
    ['newest', ['pre', 'post'], 3],
    ['claim', ['pre', 'sent', 'post'], 2],
    ['restore', ['pre', 'post'], 2],
    ['barrier', ['pre', 'post'], 9],
    ['upload', ['pre', 'sent', 'post'], 1],
    ['part', ['pre', 'sent', 'post'], 1],
    ['bundle', ['pre', 'sent', 'post'], 9],
    ['commit', ['pre', 'sent', 'post'], 9],
    ['publish', ['pre', 'sent', 'post'], 9],
    ['look', ['pre', 'post'], 5],
    ['produce', ['pre', 'sent', 'mid', 'post'], 9],
    ['mirror', ['pre', 'post'], 1],
    ['merge-claim', ['pre', 'sent', 'post'], 2],
    ['merge-bundle', ['pre', 'sent', 'post'], 5],
    ['merge-commit', ['pre', 'sent', 'post'], 5],
  ]

/** Mean time from one thing that lasts to the next, in ms. */
const LASTING_EVERY = 6_000

/** How many things are done to victims of a kind at a time: processes are several. */
const AT_A_TIME: Partial<Record<Victim, number>> = { process: 2 }

export interface PlanOptions {
  readonly seed: number
  /** Which round of the campaign, from 1: each has a plan of its own. */
  readonly round: number
  /** How many processes have to die. */
  readonly kills: number
  /** Mean time from one death to the next, in ms. */
  readonly every: number
}

/** All that is done in a round, in order: the same for the same seed and round. */
export function planOf({ seed, round, kills, every }: PlanOptions): Strike[] {
  const random = randomFrom(seed * 1_000_003 + round)
  const length = kills * every
  const deaths = killsOf(kills, length, random)
  const lasting = lastingOf(length, random)
  return [...deaths, ...lasting].toSorted((one, other) => one.at - other.at)
}

type Chance = () => number

/** Kills at random instants, with exponential gaps, that come to so many deaths: a failpoint may be another one. */
function killsOf(deaths: number, length: number, random: Chance): Kill[] {
  const kills: Omit<Kill, 'at'>[] = []
  for (let left = deaths; left > 0;) {
    const chance = random()
    const what = random()
    const action = what < 0.35 && left > 1 ? 'kill' : what > 0.8 ? 'stop' : undefined
    kills.push({
      kind: 'kill',
      chance,
      ...(action && { fault: `${failpointOf(random)}:${action}` }),
    })
    left -= action === 'kill' ? 2 : 1
  }
  const times = timesOf(kills.length, length, random)
  return kills.map((kill, n) => ({ ...kill, at: times[n]! }))
}

function failpointOf(random: Chance): string {
  const [point, moments, most] = oneOf(FAILPOINTS, random)
  return `${point}.${oneOf(moments, random)}@${1 + Math.floor(random() * most)}`
}

function lastingOf(length: number, random: Chance): Lasting[] {
  const busy = new Map<Victim, number[]>()
  const times = timesOf(Math.max(2, Math.round(length / LASTING_EVERY)), length, random)
  return times.flatMap((at) => {
    const kind = oneOf(WEIGHTED, random)
    const { victim, lasts } = KINDS[kind]
    const [least, most] = lasts
    const strike = {
      kind,
      at,
      lasts: Math.round((least + random() * (most - least)) * 1_000),
      chance: random(),
    }
    const ends = (busy.get(victim) ?? []).filter((end) => end > at)
    if (ends.length >= (AT_A_TIME[victim] ?? 1)) return []
    busy.set(victim, [...ends, at + strike.lasts])
    return [strike]
  })
}

const WEIGHTED: readonly LastingKind[] = Object.entries(KINDS).flatMap(([kind, { weight }]) =>
  Array.from({ length: weight }, () => kind as LastingKind),
)

/** So many instants of a Poisson process, in order. */
function timesOf(count: number, length: number, random: Chance): number[] {
  const gaps = Array.from({ length: count + 1 }, () => -Math.log(1 - random()))
  const whole = gaps.reduce((sum, gap) => sum + gap, 0)
  let sum = 0
  return gaps.slice(0, count).map((gap) => Math.round(((sum += gap) * length) / whole))
}

const oneOf = <T>(all: readonly T[], random: Chance): T => all[Math.floor(random() * all.length)]!
