import type { Chain } from '../commit/chain.ts'
import type { Stored } from '../commit/record.ts'
import { SluiceError } from '../errors.ts'
import { readAhead } from '../read-ahead.ts'
import { isRecord, type Problem } from './record-audit.ts'

/** A record of a chain, or why there is none. */
export type Entry =
  | { readonly index: number; readonly stored: Stored; readonly problem?: undefined }
  | { readonly index: number; readonly stored?: undefined; readonly problem: Problem }

/** Records that are read ahead of the one that is looked at. */
const AHEAD = 8

/** The entries of a chain up to an index, in their order. */
export const entriesOf = (chain: Chain, last: number): AsyncIterable<Entry> =>
  readAhead(upTo(last), AHEAD, (index) => read(chain, index))

function* upTo(last: number): Generator<number> {
  for (let index = 1; index <= last; index++) yield index
}

async function read(chain: Chain, index: number): Promise<Entry> {
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
