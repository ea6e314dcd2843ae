import { createHash } from 'node:crypto'
import type { Bundle } from '../commit/bundle.ts'
import { sha256, type StagedObject } from '../commit/record.ts'
import type { Account } from '../memory.ts'
import type { PutOptions } from '../ports.ts'
import { recycle } from '../row-buffer.ts'
import type { SinkBinding } from '../sink.ts'
import { BlockCompressor } from './block-compressor.ts'
import type { Compression } from './compression.ts'
import { BundleDeparture, type Departure, UploadDeparture } from './departure.ts'
import type { Frame } from './open-object.ts'

/** What a part holds, but for the last. */
export const PART = 8 * 1024 * 1024

/**
 * An object of this size goes up by itself as soon as it is closed, though it is no whole part: it takes three requests more than a place in the bundle, and is sent
 * once instead of twice.
 */
export const LARGE = 1024 * 1024

/** Parts of one object that are sent before the next one waits. */
const UNDER_WAY = 2

/** What is known of an object before its bytes are. */
export interface GrowthOptions {
  readonly key: string
  readonly frame: Frame
  readonly compression: Compression | undefined
  /** What its upload begins with, if it comes to one. */
  readonly upload: Omit<PutOptions, 'ifAbsent'>
  /** It waits in the bundle, whatever its size, and makes no parts. */
  readonly isWhole?: boolean
}

/**
 * An object's bytes on their way out: framed, compressed, and as soon as they make a part sent off to a place where nobody sees it (`Departure`). What never makes a part ends up in the epoch's bundle.
 *
 * All that it holds is charged, once, and given back as parts are acknowledged.
 */
export class Growth {
  readonly #options: GrowthOptions
  readonly #binding: SinkBinding
  #memory: Account
  #held = 0
  readonly #compressor: BlockCompressor | undefined
  /** Nothing but rows stands before the footer: then one hash is on the way to both. */
  readonly #isPlain: boolean
  readonly #rowsHash = createHash('sha256')
  readonly #objectHash = createHash('sha256')
  #runs = 0
  /** Finished bytes that are not yet a part. */
  #pieces: Buffer[] = []
  #size = 0
  #sent = 0
  readonly #departure: Departure
  readonly #parts: Promise<void>[] = []

  constructor(options: GrowthOptions, binding: SinkBinding, memory: Account) {
    this.#options = options
    this.#binding = binding
    this.#memory = memory
    const { compression, frame, key, upload } = options
    this.#departure = binding.losesUploads
      ? new BundleDeparture(binding)
      : new UploadDeparture(key, upload, binding)
    this.#isPlain = compression === undefined && frame.header.length === 0
    this.#compressor =
      compression &&
      new BlockCompressor(compression, (compressed, original) => {
        this.#hold(compressed.length)
        this.#release(original)
        this.#collect(compressed)
      })
    this.#put(frame.header)
  }

  /** Begin a run of rows: the separator stands between it and the one before it. */
  beginRun(): void {
    if (this.#runs++ > 0) this.#putRows(this.#options.frame.separator)
  }

  /** Take over what has been charged to the same account for bytes that `addRows` will be given. */
  reserve(bytes: number): void {
    this.#held += bytes
  }

  /** Add to the run of rows. The pieces stay as they are from now on; `reserved` bytes of them were reserved. */
  addRows(pieces: readonly Buffer[], reserved = 0): void {
    for (const piece of pieces) this.#putRows(piece)
    this.#release(reserved)
  }

  /** Charge what is held to another account from now on. */
  moveTo(memory: Account): void {
    memory.charge(this.#held)
    this.#memory.release(this.#held)
    this.#memory = memory
  }

  /** Resolves when little is still under way, so that whoever reads ahead of it holds little. */
  async room(): Promise<void> {
    await this.#compressor?.room()
    await this.#parts.at(-UNDER_WAY)
  }

  /** Add the footer, after the last row, and send off what is left where it is large enough for that. */
  async end(): Promise<void> {
    this.#put(this.#options.frame.footer)
    await this.#compressor?.end()
    if (this.#options.isWhole || this.#size === 0) return
    if (this.#parts.length > 0 || this.#size >= LARGE) this.#send(true)
  }

  /**
   * Have all of it durable with the epoch, once it has ended: in the bundle where no part of it has left, else when every part is acknowledged. A bundle that
   * holds too much in memory already leaves it first; where there is none that lasts, the object does.
   */
  async stage(
    bundle: Bundle,
  ): Promise<Pick<StagedObject, 'bytes' | 'sha256' | 'rowsHash' | 'staged'>> {
    const rowsHash = this.#rowsHash.copy().digest('hex')
    if (this.#parts.length === 0 && (await this.#hasRoom(bundle)))
      return { rowsHash, ...this.#intoBundle(bundle) }
    if (this.#size > 0) this.#send(true)
    await Promise.all(this.#parts)
    const staged = await this.#departure.staged()
    return { bytes: this.#sent, sha256: this.#sha256(), rowsHash, staged }
  }

  /** Whether the bundle can take what is left; it is given room where it lasts. */
  async #hasRoom(bundle: Bundle): Promise<boolean> {
    const { carries, store, retry: options } = this.#binding
    if (this.#size === 0 || bundle.size + this.#size <= this.#binding.share()) return true
    if (carries) this.#memory.release(await bundle.spill(store, options))
    return carries || this.#options.isWhole === true
  }

  #putRows(piece: Buffer): void {
    this.#rowsHash.update(piece)
    this.#put(piece)
  }

  #put(piece: Buffer): void {
    if (piece.length === 0) return
    this.#hold(piece.length)
    if (this.#compressor) this.#compressor.add(piece)
    else this.#collect(piece)
  }

  #collect(piece: Buffer): void {
    this.#pieces.push(piece)
    this.#size += piece.length
    if (this.#size >= PART && !this.#options.isWhole) this.#send()
  }

  /** What is left here stays charged: it is the bundle's until the epoch is over. */
  #intoBundle(bundle: Bundle): Pick<StagedObject, 'bytes' | 'sha256' | 'staged'> {
    // in one piece, so that it can be sent as it is when it is published
    const { bundle: key, from, to, sha256 } = bundle.add(Buffer.concat(this.#pieces, this.#size))
    this.#pieces = []
    return { bytes: to - from, sha256, staged: { in: 'bundle', bundle: key, from, to } }
  }

  /** The only part of an object has its hash. */
  #send(isLast = false): void {
    const [pieces, size] = [this.#pieces, this.#size]
    this.#pieces = []
    this.#size = 0
    this.#sent += size
    if (!this.#isPlain) for (const piece of pieces) this.#objectHash.update(piece)
    const isOnly = isLast && this.#parts.length === 0
    const hash = isOnly ? this.#sha256() : sha256(...pieces)
    const part = this.#departure
      .send(this.#parts.length + 1, pieces, hash)
      .then(() => recycle(pieces))
      .finally(() => this.#release(size))
    // seen by whoever awaits the parts; never unhandled
    part.catch(() => undefined)
    this.#parts.push(part)
  }

  /** Of the object, when all of it has been sent. */
  #sha256(): string {
    const { footer } = this.#options.frame
    const hash = this.#isPlain ? this.#rowsHash.copy().update(footer) : this.#objectHash.copy()
    return hash.digest('hex')
  }

  #hold(bytes: number): void {
    this.#held += bytes
    this.#memory.charge(bytes)
  }

  #release(bytes: number): void {
    this.#held -= bytes
    this.#memory.release(bytes)
  }
}
