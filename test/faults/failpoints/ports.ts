import * as original from '../../../lib/cli/ports.ts'
import { Failpoints, readPlan } from './plan.ts'
import { hurtBarriers, withFailpoints } from './points.ts'

/** Stands in for `lib/cli/ports.ts` in a process that is to be hurt. */
export * from '../../../lib/cli/ports.ts'

const failpoints = new Failpoints(readPlan(process.env['FAULT'] ?? ''))
hurtBarriers(failpoints)

export const openPorts: typeof original.openPorts = async (options) =>
  withFailpoints(await original.openPorts(options), failpoints)
