import { SluiceError } from './errors.ts'

/** A span of time in milliseconds. The helpers exist so that no pipeline file holds a bare number of milliseconds. */
export type Duration = number

export const milliseconds = (n: number): Duration => n
export const seconds = (n: number): Duration => n * 1_000
export const minutes = (n: number): Duration => n * 60_000
export const hours = (n: number): Duration => n * 3_600_000
export const days = (n: number): Duration => n * 86_400_000

/** Refuse an option that is no span of time, or a negative one; with `least` 1, also none at all. */
export function checkDuration(option: string, value: Duration, least = 0): void {
  if (Number.isFinite(value) && value >= least) return
  const wanted = least === 0 ? 'a duration' : 'a duration above zero'
  throw new SluiceError('config', `${option} must be ${wanted} such as minutes(1), not ${value}`)
}
