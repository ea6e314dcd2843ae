import { type Duration, minutes } from '../../lib/duration.ts'

/** Whether tests do all that they can, for hours: `npm test -- --long`. Otherwise each fault and each promise has a short form. */
export const isLong = process.env['FAULTS'] === 'long'

/** How long a test on real services may take: much longer than it does, since machines are slow and shared. It ends one that hangs. */
export const PATIENCE: Duration = isLong ? minutes(30) : minutes(10)
