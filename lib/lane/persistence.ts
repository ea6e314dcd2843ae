import type { LaneName } from '../commit/record.ts'
import type { Trying } from '../retry.ts'
import type { Environment } from './environment.ts'

/**
 * For ever, and everybody who watches is told. Rights were proved before anything was read, so one that is denied now may come back: a lane that gave up
 * would need the same right to go on.
 */
export const persistence = (lane: LaneName, { events }: Pick<Environment, 'events'>): Trying => ({
  waitsForRights: true,
  onRetry: (error) => events.retrying(lane, error.message),
})
