import { createHash } from 'node:crypto'
import type { StagedObject } from '../commit/record.ts'
import type { UploadPart } from '../ports.ts'
import { retry } from '../retry.ts'
import type { SinkBinding } from '../sink.ts'

/** What a part holds, but for the last. */
export const PART = 8 * 1024 * 1024

/** Parts of one object that are sent before the next one waits. */
const UNDER_WAY = 2

/**
 * An object that goes up while it grows: a multipart upload that nobody sees, and that stays open until the commit after which it is completed. Parts
 * are sent in the background; their memory is given back as each is acknowledged.
 */
export class Growth {
  readonly #binding: SinkBinding
  readonly #key: string
  readonly #uploadId: Promise<string>
  readonly #parts: Promise<UploadPart>[] = []
  readonly #rowsHash = createHash('sha256')
  readonly #objectHash = createHash('sha256')
  #bytes = 0

  constructor(
    key: string,
    options: { metadata: Record<string, string>; contentType: string },
    binding: SinkBinding,
  ) {
    this.#key = key
    this.#binding = binding
    this.#uploadId = binding.limit(() =>
      retry(() => binding.store.createUpload(key, options), binding.retry),
    )
    // seen by whoever awaits a part; never unhandled
    this.#uploadId.catch(() => undefined)
  }

  get parts(): number {
    return this.#parts.length
  }

  /** Add framing, which belongs to the object and not to its rows. Returns it, to be sent with the next part. */
  frame(bytes: Buffer): Buffer {
    this.#objectHash.update(bytes)
    return bytes
  }

  /** Add rows, or the separator between two runs of them. Returns them, to be sent with the next part. */
  rows(...pieces: readonly Buffer[]): readonly Buffer[] {
    for (const piece of pieces) {
      this.#rowsHash.update(piece)
      this.#objectHash.update(piece)
    }
    return pieces
  }

  /** Send a part: what was framed and added, in order. At least 5 MiB, but for the last. */
  send(pieces: readonly Buffer[], charged: number): void {
    const body = pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces)
    const number = this.#parts.length + 1
    this.#bytes += body.length
    const part = this.#upload(number, body).finally(() => this.#binding.memory.release(charged))
    part.catch(() => undefined)
    this.#parts.push(part)
  }

  /** Resolves when few parts are still under way, so that whoever reads ahead of them holds little. */
  async room(): Promise<void> {
    await this.#parts.at(-UNDER_WAY)
  }

  /** Resolves when every part is acknowledged. */
  async staged(): Promise<Pick<StagedObject, 'bytes' | 'sha256' | 'rowsHash' | 'staged'>> {
    const parts = await Promise.all(this.#parts)
    return {
      bytes: this.#bytes,
      sha256: this.#objectHash.digest('hex'),
      rowsHash: this.#rowsHash.digest('hex'),
      staged: { in: 'upload', uploadId: await this.#uploadId, parts },
    }
  }

  async #upload(number: number, body: Buffer): Promise<UploadPart> {
    const { store, limit, retry: options } = this.#binding
    const uploadId = await this.#uploadId
    return limit(() => retry(() => store.uploadPart(this.#key, uploadId, number, body), options))
  }
}
