import type { Clock } from '../clock.ts'
import type { CommitRecord, LaneName } from '../commit/record.ts'
import type { LaneEvents } from '../lane/environment.ts'
import type { Duration } from '../duration.ts'
import { fateByOperator } from '../lane/fates.ts'
import { isConvicted } from '../lane/suspects.ts'
import type { RunEvents } from './events.ts'
import { idOf } from '../topics.ts'

/** What a run of one process came to: sums over what it committed. */
export interface Summary {
  readonly records: number
  readonly bytes: number
  readonly commits: number
  readonly objects: number
  /** Finished objects, by why they were. */
  readonly finished: Readonly<Record<string, number>>
  /** Produced to topics. */
  readonly messages: number
  /** Rows, or messages, by sink. */
  readonly rows: Readonly<Record<string, number>>
  /** Messages that operators made beyond those that they were handed, by operator. */
  readonly expanded: Readonly<Record<string, number>>
  /** Messages dropped, by operator. */
  readonly dropped: Readonly<Record<string, number>>
  /** Messages rejected, by reason. */
  readonly rejected: Readonly<Record<string, number>>
  /** Records in another partition than their key's, with the first of them. */
  readonly misplaced: { readonly count: number; readonly first?: string }
  readonly retries: number
  /** How often the store asked for fewer requests. */
  readonly throttled: number
  /** ms from the start of the run. */
  readonly elapsed: number
}

/** Counts what the lanes of a process do, and passes it on to whoever shows it. */
export class Tally implements LaneEvents {
  readonly #events: RunEvents
  readonly #clock: Clock
  readonly #started: number
  #records = 0
  #bytes = 0
  #commits = 0
  #objects = 0
  #messages = 0
  #retries = 0
  #throttled = 0
  readonly #finished = new Map<string, number>()
  readonly #rows = new Map<string, number>()
  readonly #expanded = new Map<string, number>()
  readonly #dropped = new Map<string, number>()
  readonly #rejected = new Map<string, number>()
  #misplaced = 0
  #firstMisplaced: string | undefined

  constructor(clock: Clock, events: RunEvents) {
    this.#clock = clock
    this.#events = events
    this.#started = clock.now()
  }

  committed(record: CommitRecord, took: Duration): void {
    this.#records += record.records
    this.#bytes += record.lane.stage === 1 ? record.bytes : 0
    this.#commits++
    for (const { sink, rows, because } of record.objects) {
      add(this.#rows, sink, rows)
      add(this.#finished, because, 1)
    }
    for (const { sink, count } of record.outbox ?? []) add(this.#rows, sink, count)
    addAll(this.#expanded, fateByOperator(record, 'expanded'))
    addAll(this.#dropped, fateByOperator(record, 'dropped'))
    addAll(this.#rejected, record.reasons)
    this.#events.committed?.(record, took)
  }

  published(record: CommitRecord, took: Duration): void {
    this.#objects += record.objects.length
    this.#events.published?.(record, took)
  }

  produced(lane: LaneName, messages: number): void {
    this.#messages += messages
    this.#events.produced?.(lane, messages)
  }

  retrying(lane: LaneName, reason: string): void {
    this.#retries++
    this.#events.retrying?.(lane, reason)
  }

  failed(lane: LaneName, error: unknown): void {
    this.#events.failed?.(lane, error)
  }

  stalled(lane: LaneName): void {
    this.#events.stalled?.(lane)
  }

  trying({ lane, kind, suspects }: CommitRecord, [from, to]: readonly [number, number]): void {
    if (kind === 'claim' && suspects && !isConvicted(suspects))
      this.note(
        lane,
        `whoever has read on from here has died, or got nothing done: reading ${from}..${suspects.until - 1} with care, ${to - from} at a time`,
      )
    this.#events.trying?.(lane)
  }

  throttled(): void {
    this.#throttled++
    this.#events.throttled?.()
  }

  note(lane: LaneName, text: string): void {
    this.#events.note?.(`${idOf(lane)}: ${text}`)
  }

  misplaced(lane: LaneName, offset: number, identity: string): void {
    this.#misplaced++
    this.#firstMisplaced ??= `${identity} at ${idOf(lane)}@${offset}`
    this.#events.misplaced?.(lane)
  }

  summary(): Summary {
    return {
      records: this.#records,
      bytes: this.#bytes,
      commits: this.#commits,
      objects: this.#objects,
      messages: this.#messages,
      finished: Object.fromEntries(this.#finished),
      rows: Object.fromEntries(this.#rows),
      expanded: Object.fromEntries(this.#expanded),
      dropped: Object.fromEntries(this.#dropped),
      rejected: Object.fromEntries(this.#rejected),
      misplaced: {
        count: this.#misplaced,
        ...(this.#firstMisplaced !== undefined && { first: this.#firstMisplaced }),
      },
      retries: this.#retries,
      throttled: this.#throttled,
      elapsed: this.#clock.now() - this.#started,
    }
  }
}

/** What several processes came to together, in so many ms. */
export function sumOf(summaries: readonly Summary[], elapsed: number): Summary {
  const total = (of: (summary: Summary) => number): number =>
    summaries.reduce((sum, summary) => sum + of(summary), 0)
  const totals = (of: (summary: Summary) => Readonly<Record<string, number>>) => {
    const counts = new Map<string, number>()
    for (const summary of summaries) addAll(counts, of(summary))
    return Object.fromEntries(counts)
  }
  const first = summaries.find(({ misplaced }) => misplaced.first !== undefined)?.misplaced.first
  return {
    records: total(({ records }) => records),
    bytes: total(({ bytes }) => bytes),
    commits: total(({ commits }) => commits),
    objects: total(({ objects }) => objects),
    messages: total(({ messages }) => messages),
    finished: totals(({ finished }) => finished),
    rows: totals(({ rows }) => rows),
    expanded: totals(({ expanded }) => expanded),
    dropped: totals(({ dropped }) => dropped),
    rejected: totals(({ rejected }) => rejected),
    misplaced: {
      count: total(({ misplaced }) => misplaced.count),
      ...(first !== undefined && { first }),
    },
    retries: total(({ retries }) => retries),
    throttled: total(({ throttled }) => throttled),
    elapsed,
  }
}

const add = (map: Map<string, number>, name: string, n: number): void =>
  void map.set(name, (map.get(name) ?? 0) + n)

function addAll(map: Map<string, number>, counts: Readonly<Record<string, number>>): void {
  for (const [name, n] of Object.entries(counts)) add(map, name, n)
}
