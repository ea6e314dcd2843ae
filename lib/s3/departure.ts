import { partKey } from '../commit/bundle.ts'
import type { Segment, StagedObject } from '../commit/record.ts'
import type { PutOptions, UploadPart } from '../ports.ts'
import { retry } from '../retry.ts'
import type { SinkBinding } from '../sink.ts'

/** Where the parts of an object go that leaves memory before its commit. Nobody sees them there. */
export interface Departure {
  /** Make the part of this number durable. The pieces stay as they are until it is. */
  send(number: number, pieces: readonly Uint8Array[], sha256: string): Promise<void>
  /** Where they are, when all of them are durable. */
  staged(): Promise<StagedObject['staged']>
}

/** Into an upload that stays open until the commit after which it is completed. */
export class UploadDeparture implements Departure {
  readonly #key: string
  readonly #settings: Omit<PutOptions, 'ifAbsent'>
  readonly #binding: SinkBinding
  readonly #parts: UploadPart[] = []
  #uploadId: Promise<string> | undefined

  /** @param settings what the upload begins with */
  constructor(key: string, settings: Omit<PutOptions, 'ifAbsent'>, binding: SinkBinding) {
    this.#key = key
    this.#settings = settings
    this.#binding = binding
  }

  async send(number: number, pieces: readonly Uint8Array[], sha256: string): Promise<void> {
    const { store, retry: options } = this.#binding
    const uploadId = await this.#upload()
    const part = await retry(
      () => store.uploadPart(this.#key, uploadId, number, pieces, sha256),
      options,
    )
    this.#parts[number - 1] = part
  }

  async staged(): Promise<StagedObject['staged']> {
    return { in: 'upload', uploadId: await this.#upload(), parts: this.#parts }
  }

  /** The first to need the upload begins it. */
  #upload(): Promise<string> {
    const { store, retry: options } = this.#binding
    const [key, upload] = [this.#key, this.#settings]
    this.#uploadId ??= retry(() => store.createUpload(key, upload), options)
    return this.#uploadId
  }
}

/** Each into a bundle of its own, out of which the object is put together when it is published: where the store may lose uploads. */
export class BundleDeparture implements Departure {
  readonly #binding: SinkBinding
  readonly #segments: Segment[] = []

  constructor(binding: SinkBinding) {
    this.#binding = binding
  }

  async send(number: number, pieces: readonly Uint8Array[], sha256: string): Promise<void> {
    const { store, lane, retry: options } = this.#binding
    const bundle = partKey(lane, this.#binding.epoch())
    const to = pieces.reduce((sum, piece) => sum + piece.length, 0)
    await retry(() => store.store(bundle, pieces), options)
    this.#segments[number - 1] = { bundle, from: 0, to, sha256 }
  }

  staged(): Promise<StagedObject['staged']> {
    return Promise.resolve({ in: 'bundles', segments: this.#segments })
  }
}
