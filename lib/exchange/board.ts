import type { Bundle } from '../commit/bundle.ts'
import { Chain } from '../commit/chain.ts'
import type { Clock } from '../clock.ts'
import { SluiceError } from '../errors.ts'
import type { ObjectStore } from '../ports.ts'
import { retry, type Trying } from '../retry.ts'
import { fromId, idOf } from '../topics.ts'
import { type CommitRecord, type LaneName, type Segment, sha256 } from '../commit/record.ts'

/** Bytes of partials that are kept at hand for the lanes of this process; what is not is read from its bundle. */
const AT_HAND = 8 * 1024 * 1024

/** Records that are kept at hand; older ones are read from their chain. */
const RECORDS = 256

/** How long a record that another process is to write is not asked for again after it was not there, in ms. */
const POLL = 1_000

/** Why a wait is over: one for all, since an error of its own for each would cost more than the wait. */
const AWAKE = new Error('there is news')

/**
 * Where the merging lanes of a process find the records of the upstream lanes: those of this process as soon as they are committed, those of others
 * read from their chains, once for all.
 */
export class Board {
  readonly #pipeline: string
  readonly #store: ObjectStore
  readonly #clock: Clock
  /** Newest index by a lane's id, of those that run here. */
  readonly #newest = new Map<string, number>()
  readonly #records = new Map<string, CommitRecord>()
  /** Of lanes that run elsewhere: the record that was not there yet, and when that was. */
  readonly #missing = new Map<string, { readonly index: number; readonly at: number }>()
  readonly #atHand = new Map<string, Buffer>()
  #held = 0
  readonly #waiting = new Set<() => void>()

  constructor(pipeline: string, store: ObjectStore, clock: Clock) {
    this.#pipeline = pipeline
    this.#store = store
    this.#clock = clock
  }

  /** A lane of this process has written a record. */
  announce(record: CommitRecord, bundle?: Bundle): void {
    if (record.lane.stage === 2) return
    this.#newest.set(idOf(record.lane), record.index)
    this.#remember(record)
    for (const { ranges } of Object.values(record.partials ?? {}))
      for (const segment of ranges) if (segment && bundle) this.#keep(segment, bundle)
    this.wake()
  }

  /** A lane has left this process: its chain is somebody else's now. */
  forget(id: string): void {
    this.#newest.delete(id)
    this.#missing.delete(id)
  }

  /** The record of an upstream lane at this index, or undefined while there is none. */
  async record(id: string, index: number, trying: Trying = {}): Promise<CommitRecord | undefined> {
    const known = this.#records.get(`${id}/${index}`)
    if (known) return known
    const newest = this.#newest.get(id)
    if (newest !== undefined && newest < index) return undefined
    const now = this.#clock.now()
    const { index: missing = Infinity, at = 0 } = this.#missing.get(id) ?? {}
    if (newest === undefined && index >= missing && now - at < POLL) return undefined
    const chain = new Chain(this.#upstream(id), this.#store, this.#clock, trying)
    const stored = await chain.read(index)
    if (stored) this.#remember(stored.record)
    else this.#missing.set(id, { index, at: now })
    return stored?.record
  }

  /** The bytes of a run of partials. */
  async bytes(segment: Segment, trying: Trying = {}): Promise<Buffer> {
    const key = keyOf(segment)
    const atHand = this.#atHand.get(key)
    if (atHand) return atHand
    const { bundle, from, to } = segment
    const options = { ...trying, clock: this.#clock }
    const bytes = await retry(() => this.#store.get(bundle, { from, to }), options)
    if (bytes && sha256(bytes) === segment.sha256) return bytes
    throw new SluiceError(
      'corrupt',
      `partials in ${bundle} of ${this.#store.place} are ${bytes ? 'altered' : 'gone'}; restore that object, then start again`,
    )
  }

  /** Resolves at the next announcement, or after `ms`. */
  async news(ms: number, signal: AbortSignal): Promise<void> {
    const stop = new AbortController()
    const { promise: announced, resolve } = Promise.withResolvers<void>()
    this.#waiting.add(resolve)
    const waited = this.#clock.sleep(ms, AbortSignal.any([signal, stop.signal]))
    waited.catch(() => undefined)
    try {
      await Promise.race([announced, waited])
    } finally {
      this.#waiting.delete(resolve)
      stop.abort(AWAKE)
    }
  }

  wake(): void {
    for (const wake of this.#waiting) wake()
  }

  #upstream(id: string): LaneName {
    return { pipeline: this.#pipeline, ...fromId(id), stage: 1 }
  }

  #remember(record: CommitRecord): void {
    // nobody here asks for objects and messages, which may be many
    const kept = { ...record, objects: [], outbox: [] }
    this.#records.set(`${idOf(record.lane)}/${record.index}`, kept)
    if (this.#records.size > RECORDS)
      this.#records.delete(this.#records.keys().next().value as string)
  }

  #keep(segment: Segment, bundle: Bundle): void {
    const bytes = bundle.slice(segment.from, segment.to)
    this.#atHand.set(keyOf(segment), bytes)
    this.#held += bytes.length
    for (const [key, oldest] of this.#atHand) {
      if (this.#held <= AT_HAND) return
      this.#atHand.delete(key)
      this.#held -= oldest.length
    }
  }
}

const keyOf = ({ bundle, from }: Segment): string => `${bundle}:${from}`
