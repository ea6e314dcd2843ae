import type { Clock } from '../clock.ts'
import { Chain } from '../commit/chain.ts'
import type { CommitRecord, LaneName } from '../commit/record.ts'
import { SluiceError } from '../errors.ts'
import { checkTopic } from '../lane/claim.ts'
import type { Floor } from '../lane/log-lane.ts'
import type { Log, ObjectStore, PartitionRange } from '../ports.ts'
import { idOf, type TopicPartition } from '../topics.ts'

/** Where all lanes of an instance stand, by their newest records. */
export interface Survey {
  readonly records: readonly CommitRecord[]
  /** The finite run to take part in: the one that is not over, or the next. */
  readonly run: number
  /** The highest end of a window that a finite run has closed. */
  readonly sealed: number
}

/** The lanes of an instance: stage one for every partition that is read, stage two for every range where something is exchanged. */
export const lanesOf = (
  pipeline: string,
  reading: readonly TopicPartition[],
  merging: readonly TopicPartition[],
): LaneName[] => [
  ...reading.map((lane) => ({ pipeline, ...lane, stage: 1 as const })),
  ...merging.map((lane) => ({ pipeline, ...lane, stage: 2 as const })),
]

/**
 * Which ranges a lane's owner merges besides reading: the one that rides on it, and for the first of those that are left those whose own lane is not
 * there any more. Everybody who knows the same lanes gives every range to the same one.
 */
export function ridersOf(
  id: string,
  instance: readonly TopicPartition[],
  isThere: (id: string) => boolean,
): number[] {
  const ids = instance.map(idOf)
  const first = ids.find(isThere)
  return [...ids.keys()].filter((range) => {
    const own = ids[range] as string
    return own === id || (id === first && !isThere(own))
  })
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
 * Before anything is claimed: lanes of the right topic would be taken from their owner. Where the log does not tell now, each lane asks it again.
 *
 * @param records newest records of lanes
 * @throws SluiceError 'log-range' when a topic is another one than was read
 */
export async function checkTopics(records: readonly CommitRecord[], log: Log): Promise<void> {
  const reading = records.filter(({ lane }) => lane.stage === 1)
  const topics = new Set(reading.map(({ lane }) => lane.topic))
  const ids = await log.topicIds([...topics]).catch(() => new Map<string, string>())
  for (const record of reading) checkTopic(record, ids.get(record.lane.topic))
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
 * vectors. Undefined while one of them has not heard of it; too late when that one has ended the finite run, and will not hear of it in that.
 *
 * @param merging newest records of merging lanes; those that were never claimed will list every lane when they are
 * @param run number of the finite run, if this is one
 */
export function floorOf(
  id: string,
  merging: readonly CommitRecord[],
  run: number | undefined,
): Floor | undefined {
  const deaf = merging.filter(({ vector }) => !vector?.[id])
  if (deaf.some(({ ended }) => run !== undefined && ended === run)) return 'too late'
  if (deaf.length > 0) return undefined
  const times = merging.flatMap(({ vector, sealed }) => [
    sealed,
    ...Object.values(vector?.[id]?.watermarks ?? {}),
  ])
  return Math.max(-Infinity, ...times)
}

/** What a partition holds. @throws SluiceError 'service' when it is too new for the broker that was asked, or gone, which the lookout finds out */
export async function rangeOf(log: Log, lane: TopicPartition): Promise<PartitionRange> {
  const ranges = await log.ranges(lane.topic, [lane.partition])
  const range = ranges?.find(({ partition }) => partition === lane.partition)
  if (range) return range
  throw new SluiceError('service', `${idOf(lane)} is not to be found at ${log.place}`)
}
