import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { StoreName } from '../../../lib/services/service.ts'

/** What a campaign is to do. */
export interface Goal {
  readonly events: number
  readonly kills: number
  readonly seed: number
  readonly store: StoreName
  /** Of each process, in bytes. */
  readonly memory: number
}

/** From a fault to the next commit of a lane that suffered from it. */
export interface Recovery {
  /** What had happened. */
  readonly after: string
  readonly ms: number
  /** Whether nothing else happened meanwhile. */
  readonly alone: boolean
  readonly round: number
}

/** Deaths are told from all else that one recovers from. */
export const KILL = 'kill -9'

/** A quiet point at which everything was held against everything. */
export interface Check {
  /** ms since the epoch. */
  readonly at: number
  /** The round before it; 0 in the end. */
  readonly round: number
  readonly produced: number
  readonly kills: number
  /** How many processes of all of the machine wanted a core, on the average of the last minute, for each core that there is. */
  readonly load: number
  /** What the independent checker and `verify` had to say. */
  readonly complaints: readonly string[]
  readonly findings: readonly string[]
  /** ms from the end of the faults until every lane had committed all of its input. */
  readonly drained: number
  /** ms. */
  readonly took: number
}

/** Whether nothing was wrong. */
export const isContent = ({ complaints, findings }: Check): boolean =>
  complaints.length + findings.length === 0

/** All that a campaign has come to by its last quiet point: what a later one goes on from, and what its report is made of. */
export interface State {
  readonly goal: Goal
  /** ms since the epoch. */
  readonly began: number
  /** Rounds that were begun. */
  round: number
  /** Each time that it was begun: the mean time from one death to the next, in ms. */
  readonly sessions: number[]
  /** ms that it has been at work. */
  worked: number
  /** ms of that with so many faults at a time: none, one, two or more. */
  hostile: [none: number, one: number, more: number]
  produced: number
  kills: number
  /** How often each kind of fault was done. */
  readonly faults: Record<string, number>
  /** What became of requests to the store that did not pass, by how often. */
  readonly requests: Record<string, number>
  readonly recoveries: Recovery[]
  /** Of each process, the most memory that it had, in bytes. */
  readonly peaks: number[]
  /** Processes that ended by themselves, by what they said. */
  readonly ended: Record<string, number>
  /** Lanes that were claimed. */
  claims: number
  readonly checks: Check[]
  /** Of the last look at everything, once it is over. */
  whole?: Whole
}

/** What there was in the end. */
export interface Whole {
  readonly objects: number
  readonly commits: number
  readonly repeats: number
  /** Generations of the consumer group. */
  readonly rebalances: number
}

export const newState = (goal: Goal, began: number): State => ({
  goal,
  began,
  round: 0,
  sessions: [],
  worked: 0,
  hostile: [0, 0, 0],
  produced: 0,
  kills: 0,
  faults: {},
  requests: {},
  recoveries: [],
  peaks: [],
  ended: {},
  claims: 0,
  checks: [],
})

/** One more of a kind. */
export function count(counts: Record<string, number>, kind: string, more = 1): void {
  counts[kind] = (counts[kind] ?? 0) + more
}

const FILE = 'state.json'

export const readState = async (folder: string): Promise<State> =>
  JSON.parse(await readFile(join(folder, FILE), 'utf8')) as State

/** Whole or not at all, whenever this process is killed. */
export async function writeState(folder: string, state: State): Promise<void> {
  const file = join(folder, FILE)
  await writeFile(`${file}.new`, JSON.stringify(state))
  await rename(`${file}.new`, file)
}
