import { type Duration, days, minutes } from '../../duration.ts'
import { SluiceError } from '../../errors.ts'
import { byTime, type TimeOptions } from './by-time.ts'
import type { Partitioner } from './partitioner.ts'

/**
 * Folders of equal parts of a day, called after their beginning from the minute to the year: with `minutes(30)`, `30-13-15-11-2014` holds 13:30 to 14:00
 * of 15 November 2014.
 *
 * @throws SluiceError 'config' for a length that is not whole minutes and a whole part of a day, when it is built
 */
export function byInterval<T>(length: Duration, options: TimeOptions<T> = {}): Partitioner<T> {
  if (!(length > 0) || length % minutes(1) !== 0 || days(1) % length !== 0)
    throw new SluiceError(
      'config',
      `an interval is so many minutes that a day is a multiple of it, such as minutes(30) or hours(6), not ${length} ms`,
    )
  return byTime('mm-HH-dd-MM-YYYY', { ...options, duration: length })
}
