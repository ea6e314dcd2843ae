// The hunt for a record that kills its process: two lanes in one process, which dies of a record of
// lane 0, or is killed at random, and is started again. Claims, trials and commits are those of the
// chains; what they make of suspects is the code's own (lib/lane/suspects.ts).
//
// Modelled: recovery between claim and work; epochs of any length; lanes side by side, and one
// alone. Not modelled: rivals for a lane and lost answers (a trial is one more record of the chain,
// and lane.ts is about those), a process that lives while it is fenced.
import { isConvicted, leftOf, rangeToTry, suspectsAfter } from '../../lib/lane/suspects.ts'
import type { Suspects } from '../../lib/commit/record.ts'
import type { Model, Step } from './explore.ts'

/** One wrong way each; the model must find a counter-example for every one of them. */
export const huntMistakes = {
  'claim-is-trial': 'a claim announces the trial, before its lane has recovered and has its turn',
  together: 'other lanes go on during a trial',
} as const

export type HuntMistake = keyof typeof huntMistakes

export interface HuntBounds {
  /** Records in each of the two lanes; the last one of lane 0 kills. */
  records: number
  /** Deaths for no reason. */
  kills: number
}

/** The newest record of a lane's chain. */
interface Newest {
  kind: 'claim' | 'trial' | 'commit'
  to: number
  stalls: number
  suspects?: Suspects
  trying?: readonly [from: number, to: number]
}

/** What a lane is doing; `reading` up to an offset, or having read it. */
type Doing =
  { at: 'recovering' | 'ready' } | { at: 'reading' | 'committing'; to: number; aside: boolean }

interface HuntState {
  lanes: readonly Newest[]
  /** Nothing while the process is dead. */
  doing: readonly Doing[] | null
  kills: number
  /** `lane:offset` of what was set aside. */
  aside: readonly string[]
}

const POISONED = 0

export function huntModel(bounds: HuntBounds, mistake?: HuntMistake): Model<HuntState> {
  const unread: Newest = { kind: 'commit', to: 0, stalls: 0 }
  return {
    initial: { lanes: [unread, unread], doing: null, kills: 0, aside: [] },
    *steps(state) {
      if (state.lanes.every(({ to }) => to === bounds.records)) return
      if (!state.doing) return yield { label: 'start', state: started(state, bounds, mistake) }
      if (state.kills < bounds.kills)
        yield { label: 'kill', state: { ...state, doing: null, kills: state.kills + 1 } }
      for (const index of state.lanes.keys()) yield* laneSteps(state, index, bounds, mistake)
    },
    canonical: (state) => state,
    violation: ({ aside }) => {
      const innocent = aside.find((one) => one !== `${POISONED}:${bounds.records - 1}`)
      return innocent && `record ${innocent} was set aside, and nobody died of it`
    },
    outcome: ({ lanes }) => (lanes.every(({ to }) => to === bounds.records) ? 'ended' : undefined),
  }
}

function started(state: HuntState, { records }: HuntBounds, mistake?: HuntMistake): HuntState {
  const lanes = state.lanes.map((before): Newest => {
    const stalls = before.kind === 'claim' ? Math.min(before.stalls + 1, 3) : 0
    const end = records
    const suspects =
      before.to < end
        ? suspectsAfter(before as never, { stalls, end, isAlive: () => false })
        : undefined
    const claim = { to: before.to, stalls, ...(suspects && { suspects }) }
    return suspects && mistake === 'claim-is-trial'
      ? { ...claim, kind: 'trial', trying: rangeToTry(before.to, suspects) }
      : { ...claim, kind: 'claim' }
  })
  return { ...state, lanes, doing: lanes.map(() => ({ at: 'recovering' })) }
}

function* laneSteps(
  state: HuntState,
  index: number,
  { records }: HuntBounds,
  mistake?: HuntMistake,
): Generator<Step<HuntState>> {
  const lane = state.lanes[index]!
  const doing = state.doing![index]!
  const enter = (next: Doing, newest = lane): HuntState => ({
    ...state,
    lanes: state.lanes.with(index, newest),
    doing: state.doing!.with(index, next),
  })
  const step = (what: string, next: HuntState): Step<HuntState> => ({
    label: `lane ${index}: ${what}`,
    state: next,
  })
  if (doing.at === 'recovering') yield step('recover', enter({ at: 'ready' }))
  else if (doing.at === 'reading') {
    const dies = index === POISONED && doing.to === records && !doing.aside
    yield dies
      ? step('die', { ...state, doing: null })
      : step('read', enter({ ...doing, at: 'committing' }))
  } else if (doing.at === 'committing') {
    const left = leftOf(lane.suspects, lane.to, doing.to)
    const newest = {
      kind: 'commit',
      to: doing.to,
      stalls: 0,
      ...(left && { suspects: left }),
    } as const
    const next = enter({ at: 'ready' }, newest)
    const aside = doing.aside ? [...state.aside, `${index}:${lane.to}`] : state.aside
    yield step('commit', { ...next, aside })
  } else if (lane.to < records && mayBegin(state, index, mistake)) {
    if (!lane.suspects) {
      for (let to = lane.to + 1; to <= records; to++)
        yield step(`begin ${lane.to}..${to}`, enter({ at: 'reading', to, aside: false }))
    } else {
      const trying = rangeToTry(lane.to, lane.suspects)
      const newest = { ...lane, kind: 'trial', trying } as const
      const aside = isConvicted(lane.suspects)
      yield step(`try ${trying.join('..')}`, enter({ at: 'reading', to: trying[1], aside }, newest))
    }
  }
}

/** Whether nobody is alone, and for who is to be alone whether nobody is at work. */
function mayBegin({ lanes, doing }: HuntState, index: number, mistake?: HuntMistake): boolean {
  if (mistake === 'together') return true
  const isAtWork = (other: number): boolean =>
    doing![other]!.at === 'reading' || doing![other]!.at === 'committing'
  const others = [...lanes.keys()].filter((other) => other !== index && isAtWork(other))
  return lanes[index]!.suspects
    ? others.length === 0
    : others.every((other) => lanes[other]!.suspects === undefined)
}
