import { type Fate, type ProcessCall, TestProcess } from '../../lib/testing.ts'
import { type Settings, settings, type World } from '../pipelines/world.ts'

export type { Fate }

/** A process that runs the views pipeline in a world. */
export class Process extends TestProcess {
  constructor(world: World, other: Settings = {}, fate?: (call: ProcessCall) => Fate) {
    super({ ...settings(world, other), clock: world.clock }, fate)
  }
}
