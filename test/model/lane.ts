// One lane of stage one: records of the log go into objects, epochs are committed to the chain.
//
// Modelled, beside what owner.ts and objects.ts say: epochs of 0, 1 or 2 records, cut anew by every
// attempt (so a wall-clock rotation may differ after a crash); at the barrier an object is closed
// (then staged, either way of staging) or carried (then its rows are in the commit record);
// a carried object closes in any later epoch, also in one without input; a finite run, whose
// `until` is stored by the first claim while the log may grow on, and which ends with every object
// closed and `ended` in the record.
//
// Not modelled: operator state other than carried rows (it takes the same road: it is in the
// record), several folders at a time, rejects, poison, idleness, the bytes of segments.
import {
  type Bounds,
  canonicalChain,
  chainOutcome,
  type ChainRecord,
  type ChainState,
  enter,
  initialChain,
  wrongStop,
} from './chain.ts'
import type { Model, Step } from './explore.ts'
import { isVisible, type Objects, type StagedObject } from './objects.ts'
import { chainSteps, publishing, type Rules } from './owner.ts'

/** One wrong way each; the model must find a counter-example for every one of them. */
export const laneMistakes = {
  'publish-first': 'objects become visible before the commit (as in Kafka Connect)',
  'no-pending': 'the commit record does not list the objects still to be published',
  'commit-ahead': 'record i + 1 is committed before everything pending in record i is published',
  'abort-doubt': "the upload is aborted when Complete's answer is lost (lib-storage's default)",
  'kafka-commit': 'a commit is taken from any member of the group, fenced or not',
  'racy-cas': 'the store checks the condition first and writes later',
  '412-is-ok': 'a 412 on commit is read as "my own retry won", without reading back',
  janitor: 'a claim aborts all open uploads it finds',
  'expiry-given-up': 'an object whose upload expired is passed over in silence',
  'put-unconditionally': 'small objects are PUT without If-None-Match',
  'carried-not-copied': 'a claim record does not copy the segments of carried objects',
  'ended-early': '`ended` is recorded when the reader is at `until`, before the last commit',
  'until-reread': "a later claim takes the log's end of its own time as `until`",
} as const

export type LaneMistake = keyof typeof laneMistakes

export interface LaneBounds extends Bounds {
  /** Records in the log when the run begins. */
  records: number
  /** Records that are added to the log while it goes on. */
  growth: number
}

interface LaneRecord extends ChainRecord {
  /** The offset of the first record that no epoch has taken. */
  next: number
  /** Offsets whose rows are in the open object: the segments of the carried object. */
  carried: readonly number[]
  /** Where the run ends; the first claim stores it. */
  until: number | null
}

type Rows = readonly number[]

export interface LaneState extends ChainState<LaneRecord, Rows> {
  logEnd: number
}

type Staging = StagedObject<Rows>['staging']

/** The model of one lane, right or with one mistake in it. */
export function laneModel(bounds: LaneBounds, mistake?: LaneMistake): Model<LaneState> {
  const rules: Rules<LaneState, LaneRecord> = {
    bounds,
    mistake,
    claim: ({ newest, logEnd }) => claim(newest, logEnd, mistake),
    recorded: (record, write) =>
      mistake === 'carried-not-copied' && write === 'claim' ? { ...record, carried: [] } : record,
    draft: (record) => ({ ...record, pending: [], overdue: 0 }),
    run: (state, index, draft) => barriers(state, index, draft, rules),
  }
  const newest = { next: 0, carried: [], until: null, pending: [], overdue: 0, ended: false }
  return {
    initial: { ...initialChain(newest), logEnd: bounds.records },
    *steps(state) {
      yield* chainSteps<LaneRecord, Rows, LaneState>(state, rules)
      if (state.logEnd < bounds.records + bounds.growth) {
        yield { label: 'log: one more record', state: { ...state, logEnd: state.logEnd + 1 } }
      }
    },
    canonical: (state) => canonicalChain<LaneRecord, Rows, LaneState>(state),
    violation: (state) => harm(state) ?? wrongStop(state, mistake === undefined),
    outcome: (state) => chainOutcome(state, bounds),
  }
}

function claim(newest: LaneRecord, logEnd: number, mistake?: LaneMistake): LaneRecord {
  if (mistake !== 'until-reread') return { ...newest, until: newest.until ?? logEnd }
  return { ...newest, until: logEnd, ended: newest.ended && newest.next === logEnd }
}

/** Every way in which a running owner can end its epoch now. */
function* barriers(
  state: LaneState,
  index: number,
  draft: LaneRecord,
  rules: Rules<LaneState, LaneRecord>,
): Generator<Step<LaneState>> {
  const until = draft.until!
  for (let next = draft.next; next <= Math.min(until, draft.next + 2); next++) {
    for (const { closed, carried } of rotations(draft, next)) {
      const early = rules.mistake === 'ended-early' && next > draft.next
      const canEnd = carried.length === 0 && (next === until || early)
      for (const ended of canEnd ? [false, true] : [false]) {
        if (next === draft.next && closed.length === 0 && !ended) continue
        for (const staged of stagings(closed)) {
          const fresh = staged.map((_, nth) => state.objects.length + nth)
          const pending = [...draft.pending, ...fresh]
          const record = { ...draft, next, carried, pending, ended }
          const first = rules.mistake === 'publish-first'
          const phase = first
            ? publishing(record, 0, false, rules)
            : ({ at: 'writing', write: 'commit', record, checked: false } as const)
          const objects = [...state.objects, ...staged]
          yield {
            label: barrierLabel(draft, record, staged),
            state: { ...enter(state, index, phase), objects },
          }
        }
      }
    }
  }
}

/** Which objects the rows of an epoch close, and which rows remain in an open one. */
function* rotations(
  { next: from, carried }: LaneRecord,
  to: number,
): Generator<{ closed: Rows[]; carried: Rows }> {
  const fresh = Array.from({ length: to - from }, (_, nth) => from + nth)
  yield { closed: [], carried: [...carried, ...fresh] }
  for (let cut = 0; cut <= fresh.length; cut++) {
    const first = [...carried, ...fresh.slice(0, cut)]
    const rest = fresh.slice(cut)
    if (first.length === 0) continue
    yield { closed: [first], carried: rest }
    if (rest.length > 0) yield { closed: [first, rest], carried: [] }
  }
}

/** The objects staged in every combination of the two ways. */
function stagings(closed: readonly Rows[]): StagedObject<Rows>[][] {
  const [first, ...rest] = closed
  if (first === undefined) return [[]]
  const ways: Staging[] = ['upload', 'bundle']
  return ways.flatMap((staging) => {
    const object: StagedObject<Rows> = {
      key: `@${first[0]}`,
      content: first,
      staging,
      state: 'staged',
    }
    return stagings(rest).map((others) => [object, ...others])
  })
}

function barrierLabel(from: LaneRecord, to: LaneRecord, staged: Objects<Rows>): string {
  const closed = staged.map(({ content, staging }) => `close ${content.join('+')} (${staging})`)
  const carried = to.carried.length > 0 ? [`carried ${to.carried.join('+')}`] : []
  const ended = to.ended ? ['ended'] : []
  const deeds = [...closed, ...carried, ...ended].join(', ') || 'nothing'
  return `barrier of [${from.next},${to.next}): ${deeds}`
}

/** What a user would suffer: a record doubled or lost, somebody else's object overwritten. */
function harm({ objects, owners, newest }: LaneState): string | undefined {
  const visible = objects.filter(isVisible).flatMap(({ content }) => content)
  const twice = visible.find((row, at) => visible.indexOf(row) !== at)
  if (twice !== undefined) return `record ${twice} is visible twice`
  if (objects.some((object) => object.state === 'altered')) {
    return 'an object that a reader had rewritten was overwritten'
  }
  for (const { phase } of owners) {
    if (phase.at !== 'ended') continue
    const { until } = phase.record
    if (until !== newest.until) return `the run ended at ${until}, and again at ${newest.until}`
    for (let row = 0; row < until!; row++) {
      if (!visible.includes(row)) return `the run ended, and record ${row} is lost`
    }
  }
}
