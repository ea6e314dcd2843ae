import type { Chain } from '../commit/chain.ts'
import type { CommitRecord, Stored } from '../commit/record.ts'
import { SluiceError } from '../errors.ts'
import { readAhead } from '../read-ahead.ts'
import { isRecord, type Problem } from './record-audit.ts'

/** A record of a chain, or why there is none. */
export type Entry =
  | { readonly index: number; readonly stored: Stored; readonly problem?: undefined }
  | { readonly index: number; readonly stored?: undefined; readonly problem: Problem }

/** Records that are read ahead of the one that is looked at. */
const AHEAD = 8

/** The entries of a chain from one index to another, in their order. */
export const entriesOf = (chain: Chain, last: number, first = 1): AsyncIterable<Entry> =>
  readAhead(indices(first, last), AHEAD, (index) => readEntry(chain, index))

function* indices(first: number, last: number): Generator<number> {
  for (let index = first; index <= last; index++) yield index
}

/**
 * Index of the first record of which something is true that is true of all later ones; the newest one where there is none. Asks for few records, however
 * many there are. Of one that cannot be read it is taken to be true.
 */
export async function firstWhere(
  chain: Chain,
  newest: number,
  isTrue: (record: CommitRecord) => boolean,
): Promise<number> {
  let [low, high] = [1, newest]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const { stored } = await readEntry(chain, middle)
    if (stored && !isTrue(stored.record)) low = middle + 1
    else high = middle
  }
  return low
}

export async function readEntry(chain: Chain, index: number): Promise<Entry> {
  try {
    const stored = await chain.read(index)
    if (!stored)
      return { index, problem: { kind: 'lost', what: 'the chain has no such record any more' } }
    if (isRecord(stored.record)) return { index, stored }
  } catch (error) {
    if (!(error instanceof SluiceError) || error.code !== 'corrupt') throw error
  }
  return { index, problem: { kind: 'altered', what: 'it is not a commit record any more' } }
}
