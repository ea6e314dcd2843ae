import type { CommitRecord, MergeRound, Recorded, UpstreamPosition } from '../commit/record.ts'
import type { Partial } from '../exchange/exchange.ts'
import type { SinkEpoch } from '../sink.ts'
import type { Snapshot, StateChange } from '../state/snapshot.ts'
import { fatesOf } from './fates.ts'
import type { Graph } from './graph.ts'

/** How an epoch ends, as its lane knows it. */
export interface EpochEnd {
  /** Offset after the last record of the epoch; 0 for stage two. */
  readonly to: number
  readonly records: number
  readonly bytes: number
  /** The end of a finite run: everything that is open closes. */
  readonly closing: boolean
  readonly adopted?: number
  /** Offset of a record that no operator has seen: processes had died of it. */
  readonly poison?: number
  readonly vector?: Readonly<Record<string, UpstreamPosition>>
  readonly rounds?: readonly MergeRound[]
  /** Number of the finite run that ends here. */
  readonly ended?: number
}

type Facts = Pick<
  CommitRecord,
  | 'from'
  | 'to'
  | 'records'
  | 'bytes'
  | 'watermark'
  | 'fates'
  | 'reasons'
  | 'sealed'
  | 'vector'
  | 'ended'
>

/** All that an epoch came to, taken in one synchronous sweep while its lane is at rest. */
export interface Cut {
  readonly facts: Facts
  readonly recorded: Recorded
  readonly sinks: readonly { readonly id: string; readonly epoch: SinkEpoch }[]
  readonly state: StateChange
  /** What operators were answered from outside. */
  readonly answers: readonly { id: string; bytes: Uint8Array }[]
  readonly partials: readonly { id: string; watermark: number; partials: readonly Partial[] }[]
  /** Bytes of memory that the epoch takes over from the running one, until it is durable. */
  readonly held: number
}

/** Take the cut. Nothing may run in between: not one operator sees the next epoch before all have been asked about this one. */
export function sweep(
  graph: Graph,
  snapshot: Snapshot,
  end: EpochEnd,
  recorded: Recorded,
  before: CommitRecord,
  reasons: Readonly<Record<string, number>>,
): Cut {
  const taken = new Map(graph.sinks.map((sink) => [sink.id, sink.take()]))
  const source = { dropped: graph.repeats.take(), rejected: graph.aside }
  const fates = before.lane.stage === 1 ? fatesOf(graph.paths, taken, end.records, source) : {}
  for (const { fates: counts } of graph.operators)
    counts.dropped = counts.rejected = counts.expanded = 0
  graph.aside = 0
  const state = snapshot.sweep(graph.stores)
  const { closing, adopted: _, rounds: __, poison: ___, ...rest } = end
  return {
    recorded,
    facts: {
      ...rest,
      from: before.to,
      watermark: graph.watermark,
      fates,
      reasons,
      sealed: closing ? Math.max(before.sealed, sealedBy(graph)) : before.sealed,
    },
    sinks: [...taken].map(([id, epoch]) => ({ id, epoch })),
    state,
    answers: [...graph.answers].flatMap(([id, answers]) => {
      const bytes = answers.take()
      return bytes ? [{ id, bytes }] : []
    }),
    partials: graph.exchanges.flatMap(({ id, operator, collector }) =>
      collector ? [{ id, watermark: operator.watermark, partials: collector.take() }] : [],
    ),
    held: [...taken.values()].reduce((sum, { held }) => sum + held, 0),
  }
}

/** The highest end of a window that stage two has emitted, or of a span that a sink takes no rows for any more. */
const sealedBy = ({ exchanges, sinks }: Graph): number =>
  Math.max(
    ...exchanges.map(({ merger }) => merger?.emitted ?? -Infinity),
    ...sinks.map(({ sealed = -Infinity }) => sealed),
  )
