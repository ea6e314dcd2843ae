// The processes that write a chain: two rivals that both believe for ever that they own the lane,
// so group membership protects nothing here.
//
// Modelled: read newest record → claim → publish what is pending → run → commit → publish → …;
// kill -9 between any two requests; claim, commit and publish whose answer is lost, applied or not,
// and the read-back that settles it; a process that goes on after a rival has claimed.
// Every request is one atomic action of the store (variant `racy-cas` takes that away).
//
// Not modelled: release, the wait before a claim, 409, the deletion of old chain records, requests
// that outlive their process (a rival that is slow for ever does what such a request could do).
// Staging overlaps publishing in the runtime; here it comes after, as nobody else can see it.
import { type Bounds, type ChainRecord, type ChainState, enter, type Phase } from './chain.ts'
import type { Step } from './explore.ts'
import { changes, isOpenUpload, isVisible, publications, type StagedObject } from './objects.ts'

/** What a kind of lane adds to the chain. */
export interface Rules<S, R> {
  bounds: Bounds
  mistake: string | undefined
  /** The record that a claim on top of the newest one writes. */
  claim(state: S): R
  /** What of a written record the next owner will read: all of it, but for mistakes. */
  recorded(record: R, write: 'claim' | 'commit'): R
  /** The draft of the next record, as the epoch begins. */
  draft(record: R): R
  /** What a running owner may do: take input, close the epoch. */
  run(state: S, index: number, draft: R): Iterable<Step<S>>
  /** What can come of publishing what is pending as `id`, where that is no object. */
  publish?: (state: S, id: number) => Iterable<Published<S>>
}

/** What a publisher's request did, and what the publisher makes of the answer. */
export interface Published<S> extends Step<S> {
  /** `unanswered`: nothing is known, and it is tried again. */
  result: 'published' | 'lost' | 'unanswered'
}

/** Everything that the owners, and whatever acts on the store, can do next. */
export function* chainSteps<R extends ChainRecord, C, S extends ChainState<R, C>>(
  state: S,
  rules: Rules<S, R>,
): Generator<Step<S>> {
  for (const index of state.owners.keys()) {
    for (const step of ownerSteps<R, C, S>(state, index, rules)) {
      yield { label: `p${index}: ${step.label}`, state: step.state }
    }
  }
  if (state.expiries < rules.bounds.expiries) {
    for (const { key, objects } of changes(state.objects, isOpenUpload, 'gone')) {
      const next = { ...state, objects, expiries: state.expiries + 1 }
      yield { label: `store: the open upload of ${key} expires`, state: next }
    }
  }
  if (state.edits < rules.bounds.edits) {
    for (const { key, objects } of changes(state.objects, isVisible, 'edited')) {
      const next = { ...state, objects, edits: state.edits + 1 }
      yield { label: `reader: rewrites ${key}`, state: next }
    }
  }
}

function* ownerSteps<R extends ChainRecord, C, S extends ChainState<R, C>>(
  state: S,
  index: number,
  rules: Rules<S, R>,
): Generator<Step<S>> {
  const { phase, claims } = state.owners[index]!
  switch (phase.at) {
    case 'idle':
      if (claims < rules.bounds.claims) yield readNewest(state, index, rules)
      return
    case 'ended':
    case 'stopped':
      return
    case 'writing':
      yield* write(state, index, rules, phase)
      break
    case 'in doubt':
      yield readBack(state, index, rules, phase)
      break
    case 'publishing':
      yield* publish(state, index, rules, phase)
      break
    case 'running':
      yield* rules.run(state, index, phase.record)
  }
  if (state.kills < rules.bounds.kills) {
    const killed = enter<R, S>(state, index, { at: 'idle' })
    yield { label: 'kill -9', state: { ...killed, kills: state.kills + 1 } }
  }
}

function readNewest<R extends ChainRecord, S extends ChainState<R, unknown>>(
  state: S,
  index: number,
  rules: Rules<S, R>,
): Step<S> {
  const claims = state.owners[index]!.claims + 1
  const record = rules.claim(state)
  const phase: Phase<R> = { at: 'writing', write: 'claim', record, checked: false }
  const owners = state.owners.with(index, { claims, current: true, phase })
  return { label: 'read newest record', state: { ...state, owners } }
}

type Writing<R> = Extract<Phase<R>, { at: 'writing' }>
type InDoubt<R> = Extract<Phase<R>, { at: 'in doubt' }>
type Publishing<R> = Extract<Phase<R>, { at: 'publishing' }>

function* write<R extends ChainRecord, C, S extends ChainState<R, C>>(
  state: S,
  index: number,
  rules: Rules<S, R>,
  phase: Writing<R>,
): Generator<Step<S>> {
  const { current } = state.owners[index]!
  const free = current || phase.checked || rules.mistake === 'kafka-commit'
  if (rules.mistake === 'racy-cas' && free && !phase.checked) {
    const checked = enter<R, S>(state, index, { ...phase, checked: true })
    yield { label: `${phase.write}: the condition holds`, state: checked }
    return
  }
  if (free) {
    const written = append(state, index, rules, phase)
    yield { label: phase.write, state: succeed<R, C, S>(written, index, rules, phase) }
  } else {
    yield { label: `${phase.write}: 412`, state: refuse<R, C, S>(state, index, rules, phase) }
  }
  if (state.lostAnswers >= rules.bounds.lostAnswers || rules.mistake === 'racy-cas') return
  const unsure = { ...state, lostAnswers: state.lostAnswers + 1 }
  for (const applied of free ? [true, false] : [false]) {
    const sent = applied ? append(unsure, index, rules, phase) : unsure
    const doubt = { at: 'in doubt', write: phase.write, record: phase.record, applied } as const
    yield {
      label: `${phase.write}: ${applied ? 'applied' : 'not applied'}, answer lost`,
      state: enter<R, S>(sent, index, doubt),
    }
  }
}

/** Settle a lost answer by reading the record of the number that was to be written. */
function readBack<R extends ChainRecord, C, S extends ChainState<R, C>>(
  state: S,
  index: number,
  rules: Rules<S, R>,
  { write, record, applied }: InDoubt<R>,
): Step<S> {
  const label = `read back ${write}`
  const phase: Writing<R> = { at: 'writing', write, record, checked: false }
  if (applied) {
    return { label: `${label}: ours`, state: succeed<R, C, S>(state, index, rules, phase) }
  }
  if (state.owners[index]!.current) {
    return { label: `${label}: 404`, state: enter<R, S>(state, index, phase) }
  }
  return { label: `${label}: foreign`, state: refuse<R, C, S>(state, index, rules, phase) }
}

function append<R extends ChainRecord, S extends ChainState<R, unknown>>(
  state: S,
  index: number,
  rules: Rules<S, R>,
  { write, record }: Writing<R>,
): S {
  const owners = state.owners.map((owner, other) => ({ ...owner, current: other === index }))
  const forgetful = rules.mistake === 'no-pending' && write === 'commit'
  const pending = forgetful ? [] : record.pending.slice(record.overdue)
  const newest = rules.recorded({ ...record, pending, overdue: 0 }, write)
  return { ...state, newest, owners }
}

function succeed<R extends ChainRecord, C, S extends ChainState<R, C>>(
  state: S,
  index: number,
  rules: Rules<S, R>,
  { write, record }: Writing<R>,
): S {
  const next = enter<R, S>(state, index, publishing(record, 0, true, rules))
  if (rules.mistake !== 'janitor' || write === 'commit') return next
  const objects = state.objects.map((object): StagedObject<C> =>
    isOpenUpload(object) ? { ...object, state: 'gone' } : object,
  )
  return { ...next, objects }
}

function refuse<R extends ChainRecord, C, S extends ChainState<R, C>>(
  state: S,
  index: number,
  rules: Rules<S, R>,
  phase: Writing<R>,
): S {
  if (rules.mistake === '412-is-ok' && phase.write === 'commit') {
    return succeed<R, C, S>(state, index, rules, phase)
  }
  return enter<R, S>(state, index, { at: 'idle' })
}

/** Publishing, or what comes after it when nothing is left to publish. */
export function publishing<R extends ChainRecord, S>(
  record: R,
  published: number,
  committed: boolean,
  rules: Rules<S, R>,
): Phase<R> {
  if (published < record.pending.length) return { at: 'publishing', record, published, committed }
  if (!committed) return { at: 'writing', write: 'commit', record, checked: false }
  return { at: record.ended ? 'ended' : 'running', record: rules.draft(record) }
}

function* publish<R extends ChainRecord, C, S extends ChainState<R, C>>(
  state: S,
  index: number,
  rules: Rules<S, R>,
  { record, published: before, committed }: Publishing<R>,
): Generator<Step<S>> {
  const id = record.pending[before]!
  const lostAnswers = state.lostAnswers + 1
  const canLose = lostAnswers <= rules.bounds.lostAnswers
  for (const { label, state: done, result } of published<R, C, S>(state, id, rules)) {
    if (result === 'unanswered') {
      yield { label, state: done }
      continue
    }
    const next: Phase<R> =
      result === 'published'
        ? publishing(record, before + 1, committed, rules)
        : { at: 'stopped', because: 'an object is lost' }
    yield { label, state: enter<R, S>(done, index, next) }
    if (canLose && done !== state) {
      yield { label: `${label} applied, answer lost`, state: { ...done, lostAnswers } }
    }
  }
  if (rules.mistake === 'commit-ahead' && committed && !record.ended) {
    const pending = record.pending.slice(before)
    const draft = { ...rules.draft(record), pending, overdue: pending.length }
    const label = 'go on, and publish later'
    yield { label, state: enter<R, S>(state, index, { at: 'running', record: draft }) }
  }
  const upload = state.objects[id]!
  if (canLose && rules.mistake === 'abort-doubt' && isOpenUpload(upload)) {
    const objects = state.objects.with(id, { ...upload, state: 'gone' })
    const label = `publish ${upload.key}: Complete not applied, answer lost, upload aborted`
    yield { label, state: { ...state, objects, lostAnswers } }
  }
}

function published<R extends ChainRecord, C, S extends ChainState<R, C>>(
  state: S,
  id: number,
  rules: Rules<S, R>,
): Iterable<Published<S>> {
  if (rules.publish) return rules.publish(state, id)
  return publications(state.objects, id, rules.mistake).map(({ label, objects, result }) => ({
    label,
    state: objects === state.objects ? state : { ...state, objects },
    result,
  }))
}
