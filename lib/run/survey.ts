import type { Clock } from '../clock.ts'
import { Chain } from '../commit/chain.ts'
import type { CommitRecord, LaneName } from '../commit/record.ts'
import { SluiceError } from '../errors.ts'
import type { Log, ObjectStore, PartitionRange } from '../ports.ts'

/** Where all lanes of an instance stand, by their newest records. */
export interface Survey {
  readonly records: readonly CommitRecord[]
  /** The finite run to take part in: the one that is not over, or the next. */
  readonly run: number
  /** The highest end of a window that a finite run has closed. */
  readonly sealed: number
}

/** The lanes of an instance: stage one for every partition, stage two for every range where something is exchanged. */
export function lanesOf(
  pipeline: string,
  topic: string,
  partitions: number,
  ranges: number,
): LaneName[] {
  const lane = (stage: 1 | 2, partition: number): LaneName => ({
    pipeline,
    topic,
    partition,
    stage,
  })
  return [
    ...Array.from({ length: partitions }, (_, partition) => lane(1, partition)),
    ...Array.from({ length: ranges }, (_, range) => lane(2, range)),
  ]
}

/** Read the newest record of every lane. */
export async function survey(
  lanes: readonly LaneName[],
  store: ObjectStore,
  clock: Clock,
): Promise<Survey> {
  const newest = await Promise.all(lanes.map((lane) => new Chain(lane, store, clock).newest()))
  const records = newest.flatMap((stored) => stored?.record ?? [])
  return {
    records,
    run: runToJoin(records),
    sealed: Math.max(-Infinity, ...records.map(({ sealed }) => sealed)),
  }
}

/**
 * A run is over when every lane that anybody claimed has ended it, or when a run without end has gone on in its place: whoever comes then begins the
 * next, and whoever comes earlier helps to finish it.
 */
export function runToJoin(records: readonly CommitRecord[]): number {
  const latest = latestRun(records)
  const abandoned = Math.max(0, ...records.map((record) => record.abandoned ?? 0))
  const over = abandoned >= latest || records.every(({ ended = 0 }) => ended === latest)
  return over ? latest + 1 : latest
}

/** Number of the newest finite run that any lane has taken part in; 0 for none. */
export const latestRun = (records: readonly CommitRecord[]): number =>
  Math.max(0, ...records.map(({ run, ended }) => Math.max(run?.number ?? 0, ended ?? 0)))

/**
 * The end of the last window that a lane has no say in because it is younger than the merging lanes: where those stood when they put it into their
 * vectors. Undefined while one of them has not heard of it.
 *
 * @param merging newest records of merging lanes; those that were never claimed will list every lane when they are
 */
export function floorOf(partition: number, merging: readonly CommitRecord[]): number | undefined {
  let floor = -Infinity
  for (const { vector } of merging) {
    const position = vector?.[partition]
    if (!position) return undefined
    floor = Math.max(floor, ...Object.values(position.watermarks))
  }
  return floor
}

/** What a partition holds. @throws SluiceError 'config' when it is gone */
export async function rangeOf(log: Log, topic: string, partition: number): Promise<PartitionRange> {
  const ranges = await log.ranges(topic)
  const range = ranges?.find((candidate) => candidate.partition === partition)
  if (range) return range
  throw new SluiceError('config', `${topic}-${partition} is gone from ${log.place}`)
}
