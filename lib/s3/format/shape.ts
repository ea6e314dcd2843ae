import { sha256 } from '../../commit/record.ts'
import type { Format } from './format.ts'

/**
 * What tells the rows of an object from those of another format: only rows of one shape are in an object together. A hash, for commit records.
 *
 * @param areSorted whether they wait to be sorted, as those of a name that is written once
 */
export function shapeOf(format: Format<unknown>, areSorted: boolean): string {
  const { extension, contentType, separator, footer, dialect = '' } = format
  const facts = [extension, contentType, separator, footer, dialect, areSorted]
  return sha256(JSON.stringify(facts)).slice(0, 16)
}
