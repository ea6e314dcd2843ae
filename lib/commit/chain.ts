import type { Clock } from '../clock.ts'
import { SluiceError } from '../errors.ts'
import { type ObjectStore, StoreError } from '../ports.ts'
import { retry, type Trying } from '../retry.ts'
import {
  type CommitRecord,
  decode,
  encode,
  type LaneName,
  RECORD_VERSION,
  sha256,
  type Stored,
} from './record.ts'

/** Indices are written inverted, so that a listing of one key gives the newest record whatever the history's length. */
const HIGHEST = 10 ** 15

/** Everything of all pipelines but their objects lies under here. */
export const SYSTEM = '_sluice/'

/** The same of one pipeline. */
export const systemPrefix = (pipeline: string): string => `${SYSTEM}${pipeline}/`

/** Everything of one lane: `_sluice/<pipeline>/<topic>/<partition>/`, and `…/<partition>/merge/` for its stage two. */
export function lanePrefix({ pipeline, topic, partition, stage }: LaneName): string {
  return `${systemPrefix(pipeline)}${topic}/${partition}/${stage === 2 ? 'merge/' : ''}`
}

export function recordKey(lane: LaneName, index: number): string {
  return `${lanePrefix(lane)}commits/${String(HIGHEST - index).padStart(16, '0')}.json`
}

/** The index that a record's key stands for. */
export function indexOf(key: string): number {
  return HIGHEST - Number(key.slice(key.lastIndexOf('/') + 1, -'.json'.length))
}

export type Appended =
  | { readonly outcome: 'ours'; readonly stored: Stored }
  | { readonly outcome: 'fenced'; readonly by: CommitRecord }

/** A lane's chain of records: the only commit point. */
export class Chain {
  readonly lane: LaneName
  readonly #store: ObjectStore
  readonly #clock: Clock
  readonly #trying: Trying

  /** @param trying how requests are tried again */
  constructor(lane: LaneName, store: ObjectStore, clock: Clock, trying: Trying = {}) {
    this.lane = lane
    this.#store = store
    this.#clock = clock
    this.#trying = trying
  }

  /** The newest record, or undefined for a lane that nobody ever claimed. */
  async newest(signal?: AbortSignal): Promise<Stored | undefined> {
    return this.#retry(async () => {
      for await (const key of this.#store.list(`${lanePrefix(this.lane)}commits/`, { limit: 1 })) {
        const stored = await this.#read(indexOf(key))
        if (!stored) throw new StoreError('transient', `${key} is listed but cannot be read`)
        return stored
      }
      return undefined
    }, signal)
  }

  async read(index: number, signal?: AbortSignal): Promise<Stored | undefined> {
    return this.#retry(() => this.#read(index), signal)
  }

  /** All records from `after` (exclusive) on, in the order of their indices. */
  async *records(after = 0): AsyncGenerator<Stored> {
    for (let index = after + 1; ; index++) {
      const stored = await this.read(index)
      if (!stored) return
      yield stored
    }
  }

  /**
   * Write the next record. This is the commit point: when it resolves `ours`, the record is durable and nobody else's; `fenced` when another owner has
   * taken the index. Whatever the answer on the wire, our token in the stored bytes decides.
   */
  async append(record: CommitRecord, signal?: AbortSignal): Promise<Appended> {
    const key = recordKey(this.lane, record.index)
    const bytes = encode(record)
    return this.#retry(async () => {
      const answer = await this.#put(key, bytes)
      if (answer === 'created') return { outcome: 'ours', stored: { record, hash: sha256(bytes) } }
      const there = await this.#read(record.index)
      if (!there) throw new StoreError('transient', `${key} exists but cannot be read`)
      if (there.record.token === record.token) return { outcome: 'ours', stored: there }
      return { outcome: 'fenced', by: there.record }
    }, signal)
  }

  /** A failure that leaves the outcome open is settled by reading back, never by belief. */
  async #put(key: string, bytes: Uint8Array): Promise<'created' | 'exists'> {
    try {
      return await this.#store.put(key, bytes, { ifAbsent: true, contentType: 'application/json' })
    } catch (error) {
      if (!(error instanceof StoreError) || error.failure !== 'transient') throw error
      const there = await this.#store.get(key)
      if (there) return 'exists'
      throw error
    }
  }

  async #read(index: number): Promise<Stored | undefined> {
    const key = recordKey(this.lane, index)
    const bytes = await this.#store.get(key)
    if (!bytes) return undefined
    let stored: Stored
    try {
      stored = decode(bytes)
    } catch (cause) {
      throw new SluiceError('corrupt', `${key} in ${this.#store.place} is not a commit record`, {
        cause,
      })
    }
    if (stored.record.v > RECORD_VERSION)
      throw new SluiceError(
        'config',
        `${key} in ${this.#store.place} was written by a newer version of sluice (format ${stored.record.v}, this one reads ${RECORD_VERSION}); upgrade this process`,
      )
    return stored
  }

  async #retry<T>(action: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return retry(action, { ...this.#trying, clock: this.#clock, ...(signal && { signal }) })
  }
}
