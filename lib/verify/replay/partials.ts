import {
  type CommitRecord,
  decode,
  encode,
  type PartialsOfEpoch,
  type Segment,
} from '../../commit/record.ts'
import type { ObjectStore } from '../../ports.ts'
import { idOf } from '../../topics.ts'
import type { Rerunning } from './rerun.ts'

/** What reading lanes handed over when they ran again: merging lanes are fed with it. Lies in the scratch store. */
export class RerunPartials {
  readonly #scratch: ObjectStore

  constructor(scratch: ObjectStore) {
    this.#scratch = scratch
  }

  /** Keep what an epoch has handed over. */
  async keep(record: CommitRecord, { facts: { partials = {} }, bundle }: Rerunning): Promise<void> {
    const key = keyOf(record)
    const pieces: Buffer[] = []
    let at = 0
    const kept: Record<string, PartialsOfEpoch> = {}
    for (const [exchange, { watermark, ranges }] of Object.entries(partials))
      kept[exchange] = {
        watermark,
        ranges: ranges.map((segment) => {
          if (!segment) return null
          const bytes = bundle.slice(segment.from, segment.to)
          pieces.push(bytes)
          const from = at
          at += bytes.length
          return { ...segment, bundle: `${key}.bin`, from, to: at }
        }),
      }
    if (Object.keys(kept).length === 0) return
    await this.#scratch.put(`${key}.bin`, Buffer.concat(pieces))
    await this.#scratch.put(`${key}.json`, encode({ ...record, partials: kept }))
  }

  /** The bytes of a run that was kept; undefined where it was not. */
  async bytes({ bundle, from, to }: Segment): Promise<Buffer | undefined> {
    return bundle.startsWith(KEPT) ? this.#scratch.get(bundle, { from, to }) : undefined
  }

  /** A record with what its epoch handed over when it ran again; as it is where it did not. */
  async in(record: CommitRecord): Promise<CommitRecord> {
    const bytes = await this.#scratch.get(`${keyOf(record)}.json`)
    return bytes ? decode(bytes).record : record
  }
}

const KEPT = 'partials/'

const keyOf = ({ lane, index }: CommitRecord): string => `${KEPT}${idOf(lane)}/${index}`
