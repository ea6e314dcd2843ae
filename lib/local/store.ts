import { open } from 'node:fs/promises'
import {
  type LifecycleRule,
  type ObjectInfo,
  type ObjectStore,
  type OpenUpload,
  type PutOptions,
  type StreamedBody,
  StoreError,
  type UploadPart,
} from '../ports.ts'
import { bucketFolders, openToRead, openToWrite } from './bucket-folder.ts'
import { type FileNames, fileNames } from './file-name.ts'
import { inFolder, readAt, readPieces, temporaryIn, writeNew } from './files.ts'
import { listKeys } from './listing.ts'
import type { Lock } from './lock.ts'
import { MetadataFiles } from './metadata.ts'
import { ObjectFiles } from './object-files.ts'
import { attempt, attemptEach } from './store-failure.ts'
import { Turns } from './turns.ts'
import { Uploads } from './uploads.ts'

export interface FolderStoreOptions {
  /** Only read, while another process may write. The bucket must be there. Default: false. */
  readonly readOnly?: boolean
}

/**
 * A folder as an object store: an object is a plain file at its key, which any tool may read. What a file system cannot hold in a
 * name is escaped, so that `list` gives the key back; what is too long for it is a problem with the key. Metadata, parts and
 * unfinished files are in `.sluice/` inside the folder. The content type is not kept.
 *
 * It is durable when a method resolves: a file is on the disk before it gets its name. `get` holds the object or range in memory,
 * `list` the names of one folder per level; everything else moves in pieces.
 *
 * @throws SluiceError `config` when another process has opened it to write, or when it is to be read and is not there.
 */
export async function folderStore(
  root: string,
  { readOnly = false }: FolderStoreOptions = {},
): Promise<ObjectStore> {
  if (readOnly) return new FolderStore(root, (await openToRead(root)).folds)
  const { lock, folds } = await openToWrite(root)
  const store = new FolderStore(root, folds, lock)
  await store.removeRemains()
  return store
}

class FolderStore implements ObjectStore {
  readonly place: string
  readonly #names: FileNames
  readonly #lock: Lock | undefined
  readonly #unfinished: string
  readonly #objects: ObjectFiles
  readonly #uploads: Uploads
  readonly #turns = new Turns()

  constructor(root: string, folds: boolean, lock?: Lock) {
    const { metadata, uploads, unfinished } = bucketFolders(root)
    this.place = root
    this.#names = fileNames(folds)
    this.#lock = lock
    this.#unfinished = unfinished
    this.#objects = new ObjectFiles(root, new MetadataFiles(metadata, unfinished))
    this.#uploads = new Uploads(uploads, unfinished)
  }

  problemWith(key: string): string | undefined {
    return this.#names.problemWith(key)
  }

  put(key: string, body: Uint8Array, options: PutOptions = {}): Promise<'created' | 'exists'> {
    return this.#put(key, [body], options)
  }

  putStream(
    key: string,
    { chunks }: StreamedBody,
    options: PutOptions = {},
  ): Promise<'created' | 'exists'> {
    return this.#put(key, chunks(), options)
  }

  get(key: string, range?: { from: number; to: number }): Promise<Buffer | undefined> {
    return this.#attempt('get', key, async (path) => {
      const found = await this.#objects.find(path)
      if (found === undefined) return undefined
      const { from, to } = range ?? { from: 0, to: found.stats.size }
      const buffer = Buffer.allocUnsafeSlow(Math.max(0, Math.min(to, found.stats.size) - from))
      const handle = await open(found.file)
      try {
        return buffer.subarray(0, await readAt(handle, buffer, from))
      } finally {
        await handle.close()
      }
    })
  }

  read(key: string): Promise<AsyncIterable<Buffer> | undefined> {
    return this.#attempt('read', key, async (path) => {
      const found = await this.#objects.find(path)
      return found && attemptEach(this.#what('read', key), readPieces(found.file))
    })
  }

  head(key: string): Promise<ObjectInfo | undefined> {
    return this.#attempt('look at', key, (path) => this.#objects.head(path))
  }

  list(prefix: string, options: { limit?: number; after?: string } = {}): AsyncIterable<string> {
    const keys = listKeys(this.place, this.#names, prefix, options.after)
    const limited = options.limit === undefined ? keys : first(keys, options.limit)
    return attemptEach(this.#what('list', `${prefix}*`), limited)
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.#change('delete', key, (path) => this.#objects.remove(path))
  }

  store(
    key: string,
    body: readonly Uint8Array[],
    { metadata = {} }: Omit<PutOptions, 'ifAbsent'> = {},
  ): Promise<void> {
    return this.#change('store', key, async (path) => {
      const file = await this.#write(body)
      await this.#objects.place(path, file, metadata, false)
    })
  }

  createUpload(key: string, { metadata = {} }: Omit<PutOptions, 'ifAbsent'> = {}): Promise<string> {
    return this.#change('begin an upload of', key, () => this.#uploads.create({ key, metadata }))
  }

  uploadPart(
    key: string,
    id: string,
    number: number,
    body: readonly Uint8Array[],
  ): Promise<UploadPart> {
    return this.#change('upload a part of', key, async () => {
      if (await this.#uploads.find(key, id)) return this.#uploads.addPart(id, number, body)
      throw new StoreError('invalid', `There is no upload ${id} of ${key} in ${this.place}`)
    })
  }

  completeUpload(
    key: string,
    id: string,
    parts: readonly UploadPart[],
  ): Promise<'completed' | 'gone'> {
    return this.#change('complete an upload of', key, (path) =>
      this.#turns.take(id, async () => {
        const upload = await this.#uploads.find(key, id)
        if (upload === undefined) return 'gone'
        const file = await this.#uploads.join(id, parts)
        await this.#objects.place(path, file, upload.metadata, false)
        await this.#uploads.remove(id)
        return 'completed'
      }),
    )
  }

  abortUpload(key: string, id: string): Promise<void> {
    return this.#change('abort an upload of', key, () =>
      this.#turns.take(id, async () => {
        if (await this.#uploads.find(key, id)) await this.#uploads.remove(id)
      }),
    )
  }

  uploads(prefix: string): AsyncIterable<OpenUpload> {
    return attemptEach(this.#what('list uploads of', `${prefix}*`), this.#uploads.list(prefix))
  }

  losesUploads(): Promise<boolean> {
    return Promise.resolve(false)
  }

  lifecycle(): Promise<readonly LifecycleRule[]> {
    return Promise.resolve([])
  }

  time(): Promise<undefined> {
    return Promise.resolve(undefined)
  }

  removeRemains(): Promise<void> {
    return this.#uploads.removeRemains()
  }

  async close(): Promise<void> {
    await this.#lock?.release()
  }

  #put(
    key: string,
    body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    { ifAbsent = false, metadata = {} }: PutOptions,
  ): Promise<'created' | 'exists'> {
    return this.#change('put', key, async (path) => {
      if (ifAbsent && (await this.#objects.find(path))) return 'exists'
      const file = await this.#write(body)
      return (await this.#objects.place(path, file, metadata, ifAbsent)) ? 'created' : 'exists'
    })
  }

  async #write(body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<string> {
    const file = temporaryIn(this.#unfinished)
    await inFolder(file, () => writeNew(file, body))
    return file
  }

  #attempt<T>(verb: string, key: string, action: (path: string) => Promise<T>): Promise<T> {
    return attempt(this.#what(verb, key), () => {
      const problem = this.problemWith(key)
      if (problem === undefined) return action(this.#names.pathOf(key))
      throw new StoreError('invalid', `${this.#what(verb, key)}: ${problem}`)
    })
  }

  #change<T>(verb: string, key: string, action: (path: string) => Promise<T>): Promise<T> {
    return this.#attempt(verb, key, (path) => {
      if (this.#lock) return action(path)
      throw new StoreError('denied', `${this.#what(verb, key)}: it was opened to be read only`)
    })
  }

  #what(verb: string, key: string): string {
    return `Cannot ${verb} ${key} in ${this.place}`
  }
}

async function* first<T>(items: AsyncIterable<T>, limit: number): AsyncGenerator<T> {
  let left = limit
  if (left <= 0) return
  for await (const item of items) {
    yield item
    if (--left === 0) return
  }
}
