import { systemClock } from '../../lib/clock.ts'
import type { Pipeline } from '../../lib/pipeline.ts'
import { memoryStore } from '../../lib/testing.ts'
import { type Report, verify } from '../../lib/verify/verify.ts'
import type { World } from './world.ts'

/** Audit a world and run every epoch in it again. */
export const runAgain = (
  { log, store }: Pick<World, 'log' | 'store'>,
  pipeline: Pipeline,
): Promise<Report> =>
  verify({
    pipeline: pipeline.name,
    log,
    store,
    clock: systemClock,
    replay: { pipeline, scratch: memoryStore() },
  })

/** All that is not as it was recorded, and all that could not be run again. */
export async function otherwise(
  world: Pick<World, 'log' | 'store'>,
  pipeline: Pipeline,
): Promise<string[]> {
  const { findings, replay = [] } = await runAgain(world, pipeline)
  return [
    ...findings.map(({ kind, where, what }) => `${kind} ${where}: ${what}`),
    ...replay.flatMap(({ lane, unchecked }) =>
      unchecked.map(({ reason, epochs }) => `not checkable ${lane}: ${epochs}: ${reason}`),
    ),
  ]
}
