// Rivals for a lane: processes that all think that it is theirs, claim it from each other while each
// reads the one record that is left, and are killed, never by that record. An owner that a rival has
// displaced looks to the next one like an owner that died. Claims and suspects are the code's own
// (lib/lane/suspects.ts).
//
// Modelled: claims at any moment, trials, commits, kills at any moment. Not modelled: recovery,
// ranges of many records (hunt.ts is about those), conditional PUTs (lane.ts is). That a displaced
// owner that lives claims again while a hearing lasts is taken for granted: it is what the hearing
// is long enough for.
import type { Suspects } from '../../lib/commit/record.ts'
import { isConvicted, rangeToTry, suspectsAfter } from '../../lib/lane/suspects.ts'
import type { Model, Step } from './explore.ts'

/** One wrong way each; the model must find a counter-example for every one of them. */
export const rivalMistakes = {
  'no-hearing': 'a convicted record is set aside at once',
  'no-retraction': 'an owner that lives and claims again does not take back its death',
} as const

export type RivalMistake = keyof typeof rivalMistakes

export interface RivalBounds {
  processes: number
  /** Processes that die for no reason, and are not replaced. */
  kills: number
}

interface RivalState {
  /** The newest record of the chain; its owner is a process. */
  kind: 'claim' | 'trial' | 'commit'
  owner: number
  stalls: number
  suspects?: Suspects
  aside: boolean
  /** By process; `displaced` by a rival, and not yet back. */
  processes: readonly ('waiting' | 'owner' | 'displaced' | 'dead')[]
  kills: number
}

const STALLED = 3
const NOBODY = -1
const RECORDS = 1

export function rivalsModel(bounds: RivalBounds, mistake?: RivalMistake): Model<RivalState> {
  return {
    initial: {
      kind: 'commit',
      owner: NOBODY,
      stalls: 0,
      aside: false,
      processes: Array.from({ length: bounds.processes }, () => 'waiting' as const),
      kills: 0,
    },
    *steps(state) {
      if (isRead(state)) return
      for (const [index, doing] of state.processes.entries()) {
        if (doing === 'dead') continue
        if (doing === 'owner') yield* ownerSteps(state, mistake)
        else yield { label: `${index}: claim`, state: claimed(state, index, mistake) }
        if (state.kills < bounds.kills)
          yield { label: `${index}: die`, state: killed(state, index) }
      }
    },
    canonical: (state) => state,
    violation: ({ aside, kills }) =>
      aside && kills < 3 ? 'a record was set aside, and no three owners had died' : undefined,
    outcome: (state) => (isRead(state) ? 'read' : undefined),
  }
}

const isRead = ({ kind, owner }: RivalState): boolean => kind === 'commit' && owner !== NOBODY

function claimed(state: RivalState, index: number, mistake?: RivalMistake): RivalState {
  const { kind, owner, suspects, processes } = state
  const isAlive = (other: string): boolean => mistake !== 'no-retraction' && other === String(index)
  const isStall = kind === 'claim' && !isAlive(String(owner))
  const stalls = Math.min(STALLED, kind === 'claim' ? state.stalls + (isStall ? 1 : 0) : 0)
  const before = {
    kind,
    owner: String(owner),
    to: 0,
    ...(kind === 'trial' && { trying: [0, RECORDS] as const }),
    ...(suspects && { suspects }),
  }
  const next = suspectsAfter(before, { stalls, end: RECORDS, isAlive })
  const { suspects: _, ...rest } = state
  return {
    ...rest,
    kind: 'claim',
    owner: index,
    stalls,
    ...(next && { suspects: next }),
    processes: processes.map((doing, other) =>
      other === index ? 'owner' : doing === 'owner' ? 'displaced' : doing,
    ),
  }
}

const killed = (state: RivalState, index: number): RivalState => ({
  ...state,
  processes: state.processes.with(index, 'dead'),
  kills: state.kills + 1,
})

function* ownerSteps(state: RivalState, mistake?: RivalMistake): Generator<Step<RivalState>> {
  const { kind, owner, suspects, processes } = state
  const isHeard = mistake === 'no-hearing' || !processes.includes('displaced')
  const aside = suspects !== undefined && isConvicted(suspects)
  if (kind === 'claim' && suspects) {
    const [from, to] = rangeToTry(0, suspects)
    if (!aside || isHeard)
      yield { label: `${owner}: try ${from}..${to}`, state: { ...state, kind: 'trial' } }
  } else yield { label: `${owner}: commit`, state: { ...state, kind: 'commit', aside } }
}
