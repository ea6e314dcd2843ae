// The exchange through the chain: one stage-two lane merges the records of its upstream lanes.
//
// Modelled, beside what owner.ts, objects.ts and upstream.ts say: two rivals for the stage-two
// lane; upstream records merged in index order, some or none of each lane in an epoch; one record
// for vector, state and results; a window's result emitted when the lowest watermark of all merged
// records has passed it; `sealed` (the chain's `ended`) when every upstream lane has ended; result
// uploads that expire; the deletion of upstream records that the vector of the newest record, and
// that of its `prev`, have passed.
//
// An epoch's `prev` is what a lost result would be rebuilt from. Nothing rebuilds it yet, but when
// the lane has stopped the partials must still be there: that is why deletion waits for `prev` too.
// It cannot protect a rival that lags by two epochs. So a reader that finds an upstream record
// deleted first reads its own chain again: it is fenced, unless the newest record is its own.
//
// Not modelled: several stage-two lanes (they share nothing but the upstream records, and deletion
// waits for each), the chain's own mistakes (lane.ts has them), new upstream lanes, idle lanes, small results (lane.ts has both ways of staging).
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
import { isVisible, type StagedObject } from './objects.ts'
import { chainSteps, type Rules } from './owner.ts'
import {
  type Epoch,
  highest,
  lowest,
  type UpstreamLane,
  upstreamLanes,
  type Vector,
  vectorsAfter,
  windowCount,
} from './upstream.ts'

/** One wrong way each; the model must find a counter-example for every one of them. */
export const exchangeMistakes = {
  'vector-apart': 'the vector is written by a write of its own, one behind the state',
  'claim-repeats-partials': "an upstream claim record copies its predecessor's partials",
  'emit-by-mirror': 'windows close by the newest watermark known, not by that of merged records',
  'delete-merged': 'partials are deleted when they are merged, before the commit',
  'delete-committed': 'partials are deleted behind the committed vector, without waiting for prev',
  'missing-is-lost': 'a rival that misses a deleted record stops, without reading its own chain',
  'seal-early': 'the lane seals when one upstream lane has ended',
} as const

export type ExchangeMistake = keyof typeof exchangeMistakes

export interface ExchangeBounds extends Bounds {
  /** The epochs of each upstream lane; the last one says `ended`. */
  upstream: readonly (readonly Epoch[])[]
  /** Most records of one upstream lane that are merged in an epoch. */
  stride: number
}

interface MergedRecord extends ChainRecord {
  /** For each upstream lane, the index of the first record that is not merged. */
  vector: Vector
  /** The vector before the epoch. */
  prev: Vector
  /** For each event of each upstream lane, how often it is counted: the state. */
  counts: readonly (readonly number[])[]
  /** The results of the windows below it are emitted. */
  emitted: number
}

/** A window's result, and what is wrong with it: every event must be counted in it once. */
interface Result {
  window: number
  flaw: string | null
}

export interface ExchangeState extends ChainState<MergedRecord, Result> {
  /** For each upstream lane, the index below which its records are deleted. */
  deleted: Vector
}

/** What the steps of one model share. */
interface Setting {
  bounds: ExchangeBounds
  mistake: ExchangeMistake | undefined
  lanes: readonly UpstreamLane[]
  windows: number
}

/** The model of one stage-two lane and its upstream lanes, right or with one mistake in it. */
export function exchangeModel(
  bounds: ExchangeBounds,
  mistake?: ExchangeMistake,
): Model<ExchangeState> {
  const lanes = upstreamLanes(bounds.upstream, mistake === 'claim-repeats-partials')
  const setting: Setting = { bounds, mistake, lanes, windows: windowCount(bounds.upstream) }
  const rules: Rules<ExchangeState, MergedRecord> = {
    bounds,
    mistake,
    claim: ({ newest }) => newest,
    recorded: (record, write) =>
      mistake === 'vector-apart' && write === 'commit'
        ? { ...record, vector: record.prev }
        : record,
    draft: (record) => ({ ...record, pending: [], prev: record.vector }),
    run: (state, index, draft) => epochs(state, index, draft, setting),
  }
  return {
    initial: initial(lanes),
    *steps(state) {
      yield* chainSteps<MergedRecord, Result, ExchangeState>(state, rules)
      for (const vector of deletable(state, setting)) {
        const label = `upstream: delete below ${vector.join('-')}`
        yield { label, state: { ...state, deleted: highest([state.deleted, vector]) } }
      }
    },
    canonical: (state) => forgetRead(canonicalChain<MergedRecord, Result, ExchangeState>(state)),
    violation: (state) => harm(state, setting) ?? wrongStop(state, mistake === undefined),
    outcome: (state) => chainOutcome(state, bounds),
  }
}

function initial(lanes: readonly UpstreamLane[]): ExchangeState {
  const zero = lanes.map(() => 0)
  const counts = lanes.map(({ windows }) => windows.map(() => 0))
  const merged = { vector: zero, prev: zero, counts, emitted: 0 }
  const newest: MergedRecord = { ...merged, pending: [], overdue: 0, ended: false }
  return { ...initialChain<MergedRecord, Result>(newest), deleted: zero }
}

/** Every epoch that a running owner can make now. */
function* epochs(
  state: ExchangeState,
  index: number,
  draft: MergedRecord,
  setting: Setting,
): Generator<Step<ExchangeState>> {
  for (const vector of vectorsAfter(draft.vector, setting.lanes, setting.bounds.stride)) {
    const label = `merge up to ${vector.join('-')}`
    if (!missing(state, draft.vector, vector)) {
      const step = barrier(state, index, draft, merge(draft, vector, setting), setting)
      yield { label: `${label}${step.label}`, state: step.state }
    } else if (state.owners[index]!.current || setting.mistake === 'missing-is-lost') {
      const because = 'an upstream record is deleted'
      yield { label: `${label}: 404`, state: enter(state, index, { at: 'stopped', because }) }
    } else {
      yield { label: `${label}: 404, fenced`, state: enter(state, index, { at: 'idle' }) }
    }
  }
}

/** Whether a record between the two vectors is deleted. */
function missing({ deleted }: ExchangeState, from: Vector, to: Vector): boolean {
  return deleted.some((below, lane) => from[lane]! < Math.min(below, to[lane]!))
}

/** The next record, but for its results: what is counted, and up to where windows are complete. */
function merge(draft: MergedRecord, vector: Vector, setting: Setting): MergedRecord {
  const { lanes, mistake, windows } = setting
  const counts = draft.counts.map((lane) => [...lane])
  for (const [lane, { records }] of lanes.entries()) {
    const events = records
      .slice(draft.vector[lane], vector[lane])
      .flatMap((record) => record.events)
    for (const event of events) counts[lane]![event]!++
  }
  const watermarks = lanes.map(({ records }, lane) => {
    const newest = mistake === 'emit-by-mirror' ? vector[lane]! : vector[lane]! - 1
    return records[Math.min(newest, records.length - 1)]?.watermark ?? 0
  })
  const early = mistake === 'seal-early' && watermarks.includes(windows)
  const emitted = early ? windows : Math.min(...watermarks)
  return { ...draft, vector, counts, emitted, ended: emitted === windows }
}

/** End the epoch: stage the results of the windows that have become complete, then commit. */
function barrier(
  state: ExchangeState,
  index: number,
  draft: MergedRecord,
  merged: MergedRecord,
  { lanes }: Setting,
): Step<ExchangeState> {
  const staged: StagedObject<Result>[] = []
  for (let window = draft.emitted; window < merged.emitted; window++) {
    const key = `window ${window} of vector ${merged.vector.join('-')}`
    const content = { window, flaw: flawOf(merged, window, lanes) }
    staged.push({ key, content, staging: 'upload', state: 'staged' })
  }
  const pending = staged.map((_, nth) => state.objects.length + nth)
  const record = { ...merged, pending }
  const phase = { at: 'writing', write: 'commit', record, checked: false } as const
  const results = staged.map(({ content }) => `, emit window ${content.window}`).join('')
  const next = enter<MergedRecord, ExchangeState>(state, index, phase)
  return {
    label: `${results}${record.ended ? ', sealed' : ''}`,
    state: { ...next, objects: [...state.objects, ...staged] },
  }
}

function flawOf({ counts }: MergedRecord, window: number, lanes: readonly UpstreamLane[]) {
  for (const [lane, { windows }] of lanes.entries()) {
    for (const [event, times] of counts[lane]!.entries()) {
      if (windows[event] === window && times !== 1) {
        return `event ${event} of lane ${lane} ${times} times`
      }
    }
  }
  return null
}

/** The vectors below which somebody thinks that nobody needs an upstream record. */
function deletable({ newest, owners }: ExchangeState, { mistake }: Setting): Vector[] {
  if (mistake === 'delete-committed') return [newest.vector]
  if (mistake !== 'delete-merged') return [newest.prev]
  return owners.flatMap(({ phase }) => (phase.at === 'writing' ? [phase.record.vector] : []))
}

/** A record that every vector has passed is the same to all, deleted or not. */
function forgetRead(state: ExchangeState): ExchangeState {
  const held = state.owners.flatMap(({ phase }) => ('record' in phase ? [phase.record] : []))
  const vectors = [state.newest, ...held].flatMap(({ vector, prev }) => [vector, prev])
  return { ...state, deleted: highest([state.deleted, lowest(vectors)]) }
}

/** What a user would suffer: a window doubled, wrong or lost, or lost beyond repair. */
function harm(state: ExchangeState, { windows }: Setting): string | undefined {
  const visible = state.objects.filter(isVisible).map(({ content }) => content)
  for (const { window, flaw } of visible) {
    if (flaw !== null) return `window ${window} counts ${flaw}`
    if (visible.filter((other) => other.window === window).length > 1) {
      return `window ${window} is visible twice`
    }
  }
  for (const { phase } of state.owners) {
    if (phase.at === 'stopped' && phase.because === 'an object is lost' && !repairable(state)) {
      return 'a result is lost, and the partials to rebuild it from are deleted'
    }
    if (phase.at === 'ended' && visible.length < windows) {
      return `the lane sealed, and only ${visible.length} of ${windows} windows are visible`
    }
  }
}

/** Whether all that the newest epoch merged is still there. */
function repairable({ newest, deleted }: ExchangeState): boolean {
  return deleted.every((below, lane) => below <= newest.prev[lane]!)
}
