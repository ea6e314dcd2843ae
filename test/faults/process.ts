import { type Fate, type StoreCall, TestProcess } from '../../lib/testing.ts'
import { type Settings, settings, type World } from '../pipelines/world.ts'

export type { Fate }

/** A process that runs the views pipeline in a world. */
export class Process extends TestProcess {
  constructor(world: World, other: Settings = {}, fate?: (call: StoreCall) => Fate) {
    super({ ...settings(world, other), clock: world.clock }, fate)
  }
}
