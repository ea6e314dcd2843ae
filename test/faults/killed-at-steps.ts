import test from 'ava'
import type { ProcessCall } from '../../lib/testing.ts'
import { runToEnd, type World } from '../pipelines/world.ts'
import { RECORDS, settings, wrongIn } from './pictures.ts'
import { type Fate, Process } from './process.ts'

const EVERY = { second: 2, third: 3 } as const

/** What leads to a visible object. */
export interface Steps {
  readonly newWorld: () => Promise<World>
  readonly isStep: (call: ProcessCall) => boolean
  /** At which of them a process is killed. */
  readonly at: keyof typeof EVERY
  /** How many steps a record takes at the least. */
  readonly least: number
}

/** Declare tests of processes that are killed at their steps, before or after these are carried out. */
export function testKilledAtSteps(what: string, { newWorld, isStep, at, least }: Steps): void {
  /** A process with something that happens at the nth of its steps. */
  function hurt(world: World, nth: number, fate: Fate): { process: Process; steps: () => number } {
    let steps = 0
    const process = new Process(world, settings, (call) =>
      isStep(call) && ++steps === nth ? fate : undefined,
    )
    return { process, steps: () => steps }
  }

  for (const moment of ['before it is carried out', 'after it is carried out'] as const)
    test.serial(
      `${what} outlive a process killed at any ${at} step of theirs, ${moment}`,
      async (t) => {
        const undisturbed = hurt(await newWorld(), 0, undefined)
        await undisturbed.process.over()
        const last = undisturbed.steps()
        t.true(last > least * RECORDS)
        for (let fatal = 1; fatal <= last; fatal += EVERY[at]) {
          const world = await newWorld()
          t.is(await hurt(world, fatal, `killed ${moment}`).process.over(), 'killed')
          await runToEnd(world, settings)
          t.deepEqual(wrongIn(world), [], `killed at step ${fatal} of ${last}`)
        }
      },
    )
}
