import { sha256 } from '../../commit/record.ts'
import type {
  LifecycleRule,
  ObjectInfo,
  ObjectStore,
  OpenUpload,
  PutOptions,
  StreamedBody,
  UploadPart,
} from '../../ports.ts'

const TAKEN: ObjectInfo = { size: 0, modified: 0, metadata: {} }

/**
 * The store as an epoch that runs again sees it: it reads what is there, and what it writes goes to a place of its own, so that nothing changes. Keys are
 * taken, or free, as they were when it ran first: those that its record lists were free.
 */
export class ReplayStore implements ObjectStore {
  readonly place: string
  readonly #real: ObjectStore
  readonly #scratch: ObjectStore
  #free: ReadonlySet<string> = new Set()

  constructor(real: ObjectStore, scratch: ObjectStore) {
    this.place = real.place
    this.#real = real
    this.#scratch = scratch
  }

  /** An epoch begins, whose record lists these keys. */
  begin(free: ReadonlySet<string>): void {
    this.#free = free
  }

  problemWith(key: string): string | undefined {
    return this.#real.problemWith(key)
  }

  async get(key: string, range?: { from: number; to: number }): Promise<Buffer | undefined> {
    return (await this.#scratch.get(key, range)) ?? this.#real.get(key, range)
  }

  async read(key: string): Promise<AsyncIterable<Buffer> | undefined> {
    return (await this.#scratch.read(key)) ?? this.#real.read(key)
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    return this.#free.has(key) ? undefined : TAKEN
  }

  put(key: string, body: Uint8Array, options?: PutOptions): Promise<'created' | 'exists'> {
    return this.#scratch.put(key, body, options)
  }

  putStream(key: string, body: StreamedBody, options?: PutOptions): Promise<'created' | 'exists'> {
    return this.#scratch.putStream(key, body, options)
  }

  store(
    key: string,
    body: readonly Uint8Array[],
    options?: Omit<PutOptions, 'ifAbsent'>,
  ): Promise<void> {
    return this.#scratch.store(key, body, options)
  }

  list(prefix: string, options?: { limit?: number; after?: string }): AsyncIterable<string> {
    return this.#scratch.list(prefix, options)
  }

  delete(keys: readonly string[]): Promise<void> {
    return this.#scratch.delete(keys)
  }

  createUpload(key: string): Promise<string> {
    return this.#scratch.createUpload(uploadKey(key))
  }

  uploadPart(
    key: string,
    id: string,
    number: number,
    body: readonly Uint8Array[],
  ): Promise<UploadPart> {
    return this.#scratch.uploadPart(uploadKey(key), id, number, body)
  }

  completeUpload(
    key: string,
    id: string,
    parts: readonly UploadPart[],
  ): Promise<'completed' | 'gone'> {
    return this.#scratch.completeUpload(uploadKey(key), id, parts)
  }

  abortUpload(key: string, id: string): Promise<void> {
    return this.#scratch.abortUpload(uploadKey(key), id)
  }

  uploads(prefix: string): AsyncIterable<OpenUpload> {
    return this.#scratch.uploads(prefix)
  }

  losesUploads(): Promise<boolean> {
    return this.#scratch.losesUploads()
  }

  lifecycle(): Promise<readonly LifecycleRule[] | undefined> {
    return this.#real.lifecycle()
  }

  time(): Promise<number | undefined> {
    return this.#real.time()
  }

  /** What an upload that was completed came to. */
  async *uploaded(key: string): AsyncGenerator<Buffer> {
    yield* (await this.#scratch.read(uploadKey(key))) ?? []
    await this.#scratch.delete([uploadKey(key)])
  }

  /** Both stores are somebody else's. */
  close(): Promise<void> {
    return Promise.resolve()
  }
}

/** A key that any store can hold: it may be one that only the real one can. */
const uploadKey = (key: string): string => `uploads/${sha256(key)}`
