import { randomBytes } from 'node:crypto'
import type { ObjectStore } from '../ports.ts'
import { retry, type RetryOptions } from '../retry.ts'
import { type LaneName, type Segment, sha256, type Span, type StagedObject } from './record.ts'
import { lanePrefix } from './chain.ts'

/** Where a lane's bundles lie. */
export const bundlePrefix = (lane: LaneName): string => `${lanePrefix(lane)}bundles/`

/** Where a lane keeps what was answered from outside: for as long as an epoch may be run again, and so longer than its bundles. */
export const answersPrefix = (lane: LaneName): string => `${lanePrefix(lane)}answers/`

/** Whether a key is of one of a lane's bundles, or of what was answered from outside. */
export const isBundle = (key: string, lane: LaneName): boolean =>
  key.startsWith(bundlePrefix(lane)) || key.startsWith(answersPrefix(lane))

/** The index of the commit that a bundle was made for. */
export const bundleIndex = (key: string): number =>
  Number(key.slice(key.lastIndexOf('/') + 1).split('-', 1)[0])

/**
 * Where a part lies of an object that is too large for a bundle: in one of its own, under a name that nobody else takes.
 *
 * @param epoch that runs; the object is listed by its record, or by the one before
 */
export const partKey = (
  lane: LaneName,
  { commit, owner }: { readonly commit: number; readonly owner: string },
): string => `${nameOf(lane, commit, owner)}-part-${randomBytes(8).toString('hex')}.bin`

const nameOf = (
  lane: LaneName,
  index: number,
  token: string,
  prefix: string = bundlePrefix(lane),
): string => `${prefix}${String(index).padStart(12, '0')}-${token}`

/**
 * The one object of a lane's epoch for everything that is not yet, or never, an object of its own: rows of carried objects, small finished
 * objects, changes of state, partials. One PUT, however many folders; several where that would be more than memory has room for. Its keys are new at
 * every attempt, so it needs no condition.
 */
export class Bundle {
  readonly #name: string
  #volume = 0
  #pieces: Uint8Array[] = []
  #size = 0

  constructor(lane: LaneName, index: number, token: string, prefix?: string) {
    this.#name = nameOf(lane, index, token, prefix)
  }

  /** Of what is in memory. */
  get key(): string {
    return `${this.#name}${this.#volume === 0 ? '' : `-${this.#volume}`}.bin`
  }

  /** Of what is in memory. */
  get size(): number {
    return this.#size
  }

  /** Whether a span is still in memory. */
  holds({ bundle }: Pick<Segment, 'bundle'>): boolean {
    return bundle === this.key
  }

  /** Append bytes; says where they will be. */
  add(...pieces: readonly Uint8Array[]): Segment {
    const from = this.#size
    for (const piece of pieces) this.put(piece)
    return { bundle: this.key, from, to: this.#size, sha256: sha256(...pieces) }
  }

  /** Append bytes that somebody else vouches for. */
  put(piece: Uint8Array): void {
    this.#pieces.push(piece)
    this.#size += piece.length
  }

  /** Make it durable. Nothing is written for an empty one. */
  async save(store: ObjectStore): Promise<void> {
    if (this.#size === 0) return
    await store.store(this.key, this.#pieces)
  }

  /** Make durable what is in memory, and let go of it: what comes next lies in another object. Says how many bytes that were. */
  async spill(store: ObjectStore, options: RetryOptions): Promise<number> {
    const size = this.#size
    if (size === 0) return 0
    await retry(() => this.save(store), options)
    this.#pieces = []
    this.#size = 0
    this.#volume++
    return size
  }

  /** The bytes of a small object that is staged here. */
  bytesOf(staged: StagedObject['staged']): Buffer {
    if (staged.in !== 'bundle') throw new TypeError('an object in an upload has no bytes here')
    return this.slice(staged.from, staged.to)
  }

  /** The bytes of a span, from memory or where they have left it; none where they are gone since. */
  async read(span: Span, store: ObjectStore): Promise<Buffer> {
    if (this.holds(span)) return this.slice(span.from, span.to)
    return (await store.get(span.bundle, span)) ?? Buffer.alloc(0)
  }

  /** The bytes of a span, while they are in memory. */
  slice(from: number, to: number): Buffer {
    const pieces: Uint8Array[] = []
    let at = 0
    for (const piece of this.#pieces) {
      const end = at + piece.length
      if (end > from && at < to)
        pieces.push(piece.subarray(Math.max(0, from - at), Math.min(piece.length, to - at)))
      at = end
      if (at >= to) break
    }
    return pieces.length === 1
      ? Buffer.from(pieces[0]!.buffer, pieces[0]!.byteOffset, pieces[0]!.length)
      : Buffer.concat(pieces)
  }
}
