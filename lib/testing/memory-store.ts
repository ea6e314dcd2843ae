import { createHash } from 'node:crypto'
import { type Clock, systemClock } from '../clock.ts'
import {
  type LifecycleRule,
  type Metadata,
  type ObjectSettings,
  type ObjectStore,
  type PutOptions,
  StoreError,
  type UploadPart,
} from '../ports.ts'
import { problemWithKey } from '../s3/key.ts'

const LEAST_PART = 5 * 1024 * 1024

/** An object as a test looks at it. */
export interface StoredObject {
  readonly key: string
  readonly bytes: Buffer
  readonly metadata: Metadata
  readonly contentType: string | undefined
  /** What else was asked of the store for it. */
  readonly settings: ObjectSettings
}

interface Upload {
  readonly key: string
  readonly begun: number
  readonly options: Omit<PutOptions, 'ifAbsent'>
  readonly parts: Map<number, { readonly etag: string; readonly bytes: Buffer }>
}

export interface MemoryStoreOptions {
  /** What completing an upload once more answers: `'gone'` (default), as MinIO does, or `'completed'`, as AWS does. */
  readonly completedAgain?: 'gone' | 'completed'
  /** Whether it says that uploads can be lost, as MinIO does. It loses none by itself. */
  readonly losesUploads?: boolean
  /** Says when objects are written and uploads begin. The machine's, unless said otherwise. */
  readonly clock?: Clock
  /** What it says that it does by itself. It does nothing by itself. */
  readonly rules?: readonly LifecycleRule[]
}

/** An object store in memory. It keeps all that was written until the test ends. */
export interface MemoryStore extends ObjectStore {
  /** All objects under a prefix, in the order of their keys. */
  objects(prefix?: string): StoredObject[]
  /** Uploads that are neither completed nor aborted. */
  readonly openUploads: number
}

/** An empty object store with the conditions, limits and answers of S3. To make it fail, put `faultyStore` around it. */
export function memoryStore({
  completedAgain = 'gone',
  losesUploads = false,
  clock = systemClock,
  rules = [],
}: MemoryStoreOptions = {}): MemoryStore {
  const objects = new Map<string, StoredObject>()
  const written = new Map<string, number>()
  const uploads = new Map<string, Upload>()
  const completed = new Set<string>()
  let ids = 0

  const write = (
    key: string,
    pieces: readonly Uint8Array[],
    { metadata = {}, contentType, ...settings }: Omit<PutOptions, 'ifAbsent'> = {},
  ): void => {
    const bytes = Buffer.concat(pieces)
    objects.set(key, { key, bytes, metadata: { ...metadata }, contentType, settings })
    written.set(key, clock.now())
  }

  const check = (key: string): void => {
    const problem = problemWithKey(key)
    if (problem !== undefined) throw new StoreError('invalid', `cannot keep ${key}: ${problem}`)
  }

  const under = (prefix: string): StoredObject[] =>
    [...objects.values()].filter(({ key }) => key.startsWith(prefix)).sort(byKey)

  return {
    place: 'memory',
    problemWith: (key) => problemWithKey(key),
    objects: (prefix = '') => under(prefix),
    get openUploads() {
      return uploads.size
    },

    async put(key, body, { ifAbsent, ...options } = {}) {
      check(key)
      if (ifAbsent && objects.has(key)) return 'exists'
      write(key, [body], options)
      return 'created'
    },

    async putStream(key, { chunks }, { ifAbsent, ...options } = {}) {
      check(key)
      const pieces: Buffer[] = []
      for await (const chunk of chunks()) pieces.push(chunk)
      if (ifAbsent && objects.has(key)) return 'exists'
      write(key, pieces, options)
      return 'created'
    },

    async get(key, range) {
      const bytes = objects.get(key)?.bytes
      return bytes && Buffer.from(range ? bytes.subarray(range.from, range.to) : bytes)
    },

    async read(key) {
      const bytes = objects.get(key)?.bytes
      return bytes && piecesOf(bytes)
    },

    async head(key) {
      const object = objects.get(key)
      if (!object) return undefined
      const { bytes, metadata } = object
      return { size: bytes.length, modified: written.get(key) ?? 0, metadata }
    },

    async *list(prefix, { limit = Infinity, after } = {}) {
      let left = limit
      for (const { key } of under(prefix)) {
        if (after !== undefined && compare(key, after) <= 0) continue
        if (left-- <= 0) return
        yield key
      }
    },

    async delete(keys) {
      for (const key of keys) objects.delete(key)
    },

    async store(key, body, options) {
      check(key)
      write(key, body, options)
    },

    async createUpload(key, options = {}) {
      check(key)
      const id = `upload-${++ids}`
      uploads.set(id, { key, begun: clock.now(), options, parts: new Map() })
      return id
    },

    async uploadPart(key, id, number, body) {
      const upload = uploads.get(id)
      if (upload?.key !== key) throw new StoreError('invalid', `there is no upload ${id} of ${key}`)
      const bytes = Buffer.concat(body)
      const etag = createHash('md5').update(bytes).digest('hex')
      upload.parts.set(number, { etag, bytes })
      return { number, etag }
    },

    async completeUpload(key, id, parts) {
      if (completed.has(id)) return completedAgain
      const upload = uploads.get(id)
      if (upload?.key !== key) return 'gone'
      write(key, joined(upload, parts), upload.options)
      uploads.delete(id)
      completed.add(id)
      return 'completed'
    },

    async abortUpload(key, id) {
      if (uploads.get(id)?.key === key) uploads.delete(id)
    },

    async *uploads(prefix) {
      for (const [uploadId, { key, begun }] of uploads)
        if (key.startsWith(prefix)) yield { key, uploadId, begun }
    },

    losesUploads: async () => losesUploads,
    lifecycle: async () => rules,
    time: async () => clock.now(),
    close: async () => undefined,
  }
}

/** @throws StoreError 'invalid' for parts that S3 would not join */
function joined({ key, parts: there }: Upload, parts: readonly UploadPart[]): Buffer[] {
  const problem = (what: string): StoreError =>
    new StoreError('invalid', `cannot complete the upload of ${key}: ${what}`)
  if (parts.length === 0) throw problem('it names no part')
  if (parts.some(({ number }, index) => number <= (parts[index - 1]?.number ?? 0)))
    throw problem('its parts are not in order')
  return parts.map(({ number, etag }, index) => {
    const part = there.get(number)
    if (part?.etag !== etag) throw problem(`part ${number} is not as it was sent`)
    if (index < parts.length - 1 && part.bytes.length < LEAST_PART)
      throw problem(`part ${number} has ${part.bytes.length} bytes, less than ${LEAST_PART}`)
    return part.bytes
  })
}

const PIECE = 64 * 1024

async function* piecesOf(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let from = 0; from < bytes.length; from += PIECE)
    yield Buffer.from(bytes.subarray(from, from + PIECE))
}

const compare = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

const byKey = (a: StoredObject, b: StoredObject): number => compare(a.key, b.key)
