import type { FoundLane } from '../discovery.ts'
import { LaneReplay, type LaneReplayReport } from './lane-replay.ts'
import { LogInput } from './log-input.ts'
import { MergeInput } from './merge-input.ts'
import { Replaying, type ReplayOptions } from './replaying.ts'

/**
 * Run every epoch of every lane again: on the records that the log holds, the memory that the lane had, and what its record tells of the rest; by the same
 * streams as in a run. What it comes to is held against its record: objects row by row, fates, rejects, messages, partials, state. Nothing is written but
 * into the scratch store.
 *
 * One lane at a time, those that read first: what they hand over is what those that merge are fed with. Holds what one epoch of one lane held in its run; open
 * objects, state and partials lie in the scratch store.
 */
export async function replay(
  lanes: readonly FoundLane[],
  options: ReplayOptions,
): Promise<LaneReplayReport[]> {
  const replaying = new Replaying(options)
  const reports: LaneReplayReport[] = []
  for (const found of lanes.toSorted((a, b) => a.lane.stage - b.lane.stage)) {
    const input = await inputOf(found, replaying)
    reports.push(await new LaneReplay(found, input, replaying).run())
  }
  return reports
}

async function inputOf({ lane }: FoundLane, replaying: Replaying): Promise<LogInput | MergeInput> {
  if (lane.stage === 2) return new MergeInput(lane, replaying)
  const ranges = await replaying.log.ranges(lane.topic)
  const range = ranges?.find(({ partition }) => partition === lane.partition)
  return new LogInput(replaying.log, lane, range)
}
