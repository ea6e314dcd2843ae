import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetBucketLifecycleConfigurationCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { Readable } from 'node:stream'
import { sha256 } from '../commit/record.ts'
import {
  type LifecycleRule,
  type ObjectInfo,
  type ObjectSettings,
  type ObjectStore,
  type OpenUpload,
  type PutOptions,
  StoreError,
  type StreamedBody,
  type Tags,
  type UploadPart,
} from '../ports.ts'
import { clientConfig, type S3StoreOptions } from './client-config.ts'
import { LONGEST_FILE_NAME, problemWithKey } from './key.ts'
import { rulesOf } from './lifecycle.ts'
import { checkSettings } from './object-settings.ts'
import { errorInAnswer, given, nameOf, refusedBy, storeError } from './store-failure.ts'

/** Objects above this go up in parts of this size, two at a time. */
const PART = 8 * 1024 * 1024
const PARTS_AT_ONCE = 2

/** Most keys of one request, to list or to delete: S3's limit. */
const KEYS_AT_ONCE = 1_000

/** Errors that are answers, by the name that S3 gives them. */
type Answers<T> = Readonly<Record<string, T>>
const ABSENT: Answers<undefined> = { NoSuchKey: undefined, NotFound: undefined }
/** Where nothing is: by how it says so a store is known that stands behind another server, which says its own name. */
const NOBODYS = '_sluice/nobodys'
const TAKEN: Answers<'exists'> = { PreconditionFailed: 'exists' }
/** MinIO keeps an upload without its parts when the request that completes it broke off. */
const GONE: Answers<'gone'> = { NoSuchUpload: 'gone', InvalidPart: 'gone' }
const NO_RULES: Answers<readonly LifecycleRule[] | undefined> = {
  NoSuchLifecycleConfiguration: [],
  AccessDenied: undefined,
  NotImplemented: undefined,
  MethodNotAllowed: undefined,
}

/**
 * The object store port on a bucket of S3, or of a server that speaks its protocol. A connection that is silent for 20 seconds is
 * given up, so a body that `read` returned has to be read on.
 */
export function s3Store(options: S3StoreOptions): ObjectStore {
  return new S3Store(options)
}

class S3Store implements ObjectStore {
  readonly place: string
  readonly #bucket: { readonly Bucket: string; readonly ExpectedBucketOwner: string | undefined }
  readonly #defaults: Pick<ObjectSettings, 'encryption' | 'acl'>
  readonly #longestSegment: number | undefined
  readonly #client: S3Client

  constructor(options: S3StoreOptions) {
    const { bucket, endpoint, encryption, acl, expectedOwner } = options
    checkSettings({ encryption, acl })
    this.place = endpoint === undefined ? `s3://${bucket}` : `s3://${bucket} at ${endpoint}`
    this.#bucket = { Bucket: bucket, ExpectedBucketOwner: expectedOwner }
    this.#defaults = { encryption, acl }
    this.#longestSegment = endpoint === undefined ? undefined : LONGEST_FILE_NAME
    this.#client = new S3Client(clientConfig(options))
  }

  problemWith(key: string): string | undefined {
    return problemWithKey(key, this.#longestSegment)
  }

  async put(
    key: string,
    body: Uint8Array,
    options: PutOptions = {},
  ): Promise<'created' | 'exists'> {
    const IfNoneMatch = options.ifAbsent === true ? '*' : undefined
    const command = new PutObjectCommand({ ...this.#object(key, options), Body: body, IfNoneMatch })
    return this.#attempt('write', key, TAKEN, async () => {
      const answer = await this.#client.send(command)
      given(answer.ETag, 'ETag')
      this.#checkEncrypted(key, options, answer)
      return 'created' as const
    })
  }

  async putStream(
    key: string,
    { size, sha256: hash, chunks }: StreamedBody,
    options: PutOptions = {},
  ): Promise<'created' | 'exists'> {
    const IfNoneMatch = options.ifAbsent === true ? '*' : undefined
    // no more at once than what is sent next
    const body = Readable.from(chunks(), { highWaterMark: 1 })
    const broken = new AbortController()
    const failed = new Promise<never>((_, reject) =>
      body.on('error', (error) => {
        broken.abort()
        reject(error)
      }),
    )
    failed.catch(() => undefined) // seen by the request, while there is one
    const object = { ...this.#object(key, options), Body: body, ContentLength: size, IfNoneMatch }
    const send = this.#putter(object, hash, broken.signal)
    return this.#attempt('write', key, TAKEN, async () => {
      // the SDK can wait for ever for the answer to what was broken off
      const answer = await Promise.race([send(), failed])
      given(answer.ETag, 'ETag')
      this.#checkEncrypted(key, options, answer)
      return 'created' as const
    })
  }

  async get(key: string, range?: { from: number; to: number }): Promise<Buffer | undefined> {
    const nothing = Buffer.alloc(0)
    if (range !== undefined && range.to <= range.from)
      return (await this.head(key)) === undefined ? undefined : nothing
    const bytes = range && `bytes=${range.from}-${range.to - 1}`
    const command = new GetObjectCommand({ ...this.#at(key), Range: bytes })
    return this.#attempt('read', key, { ...ABSENT, InvalidRange: nothing }, async () => {
      const { Body } = await this.#client.send(command)
      return asBuffer((await Body?.transformToByteArray()) ?? nothing)
    })
  }

  read(key: string): Promise<AsyncIterable<Buffer> | undefined> {
    const command = new GetObjectCommand(this.#at(key))
    return this.#attempt('read', key, ABSENT, async () => {
      const { Body } = await this.#client.send(command)
      return this.#chunks(key, Body as Readable)
    })
  }

  head(key: string): Promise<ObjectInfo | undefined> {
    const command = new HeadObjectCommand(this.#at(key))
    return this.#attempt('look at', key, ABSENT, async () => {
      const { ContentLength, Metadata, LastModified } = await this.#client.send(command)
      const modified = LastModified?.getTime() ?? -Infinity
      return { size: ContentLength ?? 0, modified, metadata: Metadata ?? {} }
    })
  }

  async *list(
    prefix: string,
    { limit = Infinity, after }: { limit?: number; after?: string } = {},
  ): AsyncIterable<string> {
    for (let left = limit, last = after; left > 0;) {
      const page = await this.#page(prefix, last, Math.min(left, KEYS_AT_ONCE))
      yield* page.keys
      if (!page.more) return
      left -= page.keys.length
      last = page.keys.at(-1)
    }
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (let from = 0; from < keys.length; from += KEYS_AT_ONCE)
      await this.#deleteBatch(keys.slice(from, from + KEYS_AT_ONCE))
  }

  async store(
    key: string,
    body: readonly Uint8Array[],
    options: Omit<PutOptions, 'ifAbsent'> = {},
  ): Promise<void> {
    const whole = bodyOf(body)
    const object = this.#object(key, options)
    const send =
      whole.ContentLength <= PART
        ? this.#putter({ ...object, ...whole }, sha256(...body))
        : this.#uploader({ ...object, Body: whole.Body })
    return this.#attempt('write', key, {}, async () => {
      const answer = await send()
      given(answer.ETag, 'ETag')
      this.#checkEncrypted(key, options, answer)
    })
  }

  async createUpload(key: string, options: Omit<PutOptions, 'ifAbsent'> = {}): Promise<string> {
    const command = new CreateMultipartUploadCommand(this.#object(key, options))
    return this.#attempt('begin to upload', key, {}, async () => {
      const { UploadId } = await this.#client.send(command)
      return given(UploadId, 'upload id')
    })
  }

  uploadPart(
    key: string,
    uploadId: string,
    number: number,
    body: readonly Uint8Array[],
    hash = sha256(...body),
  ): Promise<UploadPart> {
    const command = new UploadPartCommand({
      ...this.#at(key),
      UploadId: uploadId,
      PartNumber: number,
      ...bodyOf(body),
    })
    command.middlewareStack.add(signing(hash), { step: 'build' })
    return this.#attempt(`upload part ${number} of`, key, {}, async () => {
      const { ETag } = await this.#client.send(command)
      return { number, etag: given(ETag, 'ETag') }
    })
  }

  completeUpload(
    key: string,
    uploadId: string,
    parts: readonly UploadPart[],
  ): Promise<'completed' | 'gone'> {
    const Parts = parts.map(({ number, etag }) => ({ PartNumber: number, ETag: etag }))
    const upload = { UploadId: uploadId, MultipartUpload: { Parts } }
    const command = new CompleteMultipartUploadCommand({ ...this.#at(key), ...upload })
    return this.#attempt('complete', key, GONE, async () => {
      const { ETag } = await this.#client.send(command)
      given(ETag, 'ETag')
      return 'completed' as const
    })
  }

  abortUpload(key: string, uploadId: string): Promise<void> {
    const command = new AbortMultipartUploadCommand({ ...this.#at(key), UploadId: uploadId })
    return this.#attempt('abort the upload of', key, { NoSuchUpload: undefined }, async () => {
      await this.#client.send(command)
    })
  }

  async *uploads(prefix: string): AsyncIterable<OpenUpload> {
    for (let next: UploadMarker | undefined = {}; next;) {
      const page: UploadPage = await this.#uploadPage(prefix, next)
      yield* page.uploads
      next = page.next
    }
  }

  lifecycle(): Promise<readonly LifecycleRule[] | undefined> {
    const command = new GetBucketLifecycleConfigurationCommand(this.#bucket)
    return this.#attempt('read the lifecycle rules of', '', NO_RULES, async () =>
      rulesOf((await this.#client.send(command)).Rules ?? []),
    )
  }

  time(): Promise<number | undefined> {
    const command = new HeadBucketCommand(this.#bucket)
    let date = ''
    command.middlewareStack.add(
      (next) => async (args) => {
        const answer = await next(args)
        date = (answer.response as { headers: Record<string, string> }).headers['date'] ?? ''
        return answer
      },
      { step: 'deserialize' },
    )
    return this.#attempt('ask for the time', '', {}, async () => {
      await this.#client.send(command)
      return Number.isNaN(Date.parse(date)) ? undefined : Date.parse(date)
    })
  }

  losesUploads(): Promise<boolean> {
    const command = new HeadObjectCommand(this.#at(NOBODYS))
    return this.#attempt('look at', NOBODYS, {}, async () => {
      try {
        await this.#client.send(command)
      } catch (error) {
        const refused = refusedBy(error)
        if (refused === undefined) throw error
        return refused === 'minio'
      }
      return false
    })
  }

  close(): Promise<void> {
    this.#client.destroy()
    return Promise.resolve()
  }

  #putter(object: PutObjectCommandInput, hash: string, abortSignal?: AbortSignal) {
    const command = new PutObjectCommand(object)
    command.middlewareStack.add(signing(hash), { step: 'build' })
    return () => this.#client.send(command, { abortSignal })
  }

  #uploader(params: PutObjectCommandInput) {
    const limits = { partSize: PART, queueSize: PARTS_AT_ONCE }
    const upload = new Upload({ client: this.#client, params, ...limits })
    return () => upload.done()
  }

  #at(key: string) {
    return { ...this.#bucket, Key: key }
  }

  #object(key: string, options: PutOptions) {
    const problem = this.problemWith(key)
    if (problem !== undefined)
      throw new StoreError('invalid', `cannot write ${key} in ${this.place}: ${problem}`)
    const { encryption = this.#defaults.encryption, acl = this.#defaults.acl, tags } = options
    return {
      ...this.#at(key),
      Metadata: options.metadata,
      ContentType: options.contentType,
      ContentEncoding: options.contentEncoding,
      ServerSideEncryption: encryption?.algorithm,
      SSEKMSKeyId: encryption?.keyId,
      BucketKeyEnabled: encryption?.bucketKey,
      StorageClass: options.storageClass,
      ACL: acl,
      Tagging: (tags && queryOf(tags)) || undefined,
    }
  }

  /** Some servers take the wish for encryption and do nothing about it. Those that encrypt say so of every object that is put. */
  #checkEncrypted(
    key: string,
    { encryption = this.#defaults.encryption }: PutOptions,
    { ServerSideEncryption }: { readonly ServerSideEncryption?: string },
  ): void {
    if (encryption === undefined || ServerSideEncryption === encryption.algorithm) return
    throw new StoreError(
      'config',
      `cannot write ${key} in ${this.place}: it was to be encrypted by ${encryption.algorithm} and the store says ${ServerSideEncryption ?? 'that it was not'}`,
    )
  }

  async *#chunks(key: string, body: Readable): AsyncIterable<Buffer> {
    try {
      for await (const chunk of body) yield asBuffer(chunk as Uint8Array)
    } catch (error) {
      throw storeError(error, `read ${key} in ${this.place}`)
    }
  }

  #page(
    prefix: string,
    after: string | undefined,
    limit: number,
  ): Promise<{ keys: string[]; more: boolean }> {
    const command = new ListObjectsV2Command({
      ...this.#bucket,
      Prefix: prefix,
      StartAfter: after,
      MaxKeys: limit,
    })
    return this.#attempt('list', `${prefix}*`, {}, async () => {
      const { Contents = [], IsTruncated = false } = await this.#client.send(command)
      return { keys: Contents.map(({ Key }) => given(Key, 'key')), more: IsTruncated }
    })
  }

  #uploadPage(prefix: string, after: UploadMarker): Promise<UploadPage> {
    const command = new ListMultipartUploadsCommand({ ...this.#bucket, Prefix: prefix, ...after })
    return this.#attempt('list uploads of', `${prefix}*`, {}, async () => {
      const answer = await this.#client.send(command)
      const { Uploads = [], IsTruncated, NextKeyMarker, NextUploadIdMarker } = answer
      const next = { KeyMarker: NextKeyMarker, UploadIdMarker: NextUploadIdMarker }
      return {
        uploads: Uploads.map(({ Key, UploadId, Initiated }) => ({
          key: given(Key, 'key'),
          uploadId: given(UploadId, 'upload id'),
          begun: given(Initiated, 'time').getTime(),
        })),
        next: IsTruncated === true && NextKeyMarker ? next : undefined,
      }
    })
  }

  #deleteBatch(keys: readonly string[]): Promise<void> {
    const command = new DeleteObjectsCommand({
      ...this.#bucket,
      Delete: { Objects: keys.map((Key) => ({ Key })), Quiet: true },
    })
    return this.#attempt('delete', keys[0] ?? '', {}, async () => {
      const { Errors: [first] = [] } = await this.#client.send(command)
      if (first !== undefined) throw errorInAnswer(first)
    })
  }

  async #attempt<T, A>(
    verb: string,
    key: string,
    answers: Answers<A>,
    request: () => Promise<T>,
  ): Promise<T | A> {
    try {
      return await request()
    } catch (error) {
      const name = nameOf(error)
      if (Object.hasOwn(answers, name)) return answers[name] as A
      throw storeError(error, `${verb} ${key === '' ? '' : `${key} in `}${this.place}`)
    }
  }
}

/** Where a page of uploads begins. */
interface UploadMarker {
  readonly KeyMarker?: string | undefined
  readonly UploadIdMarker?: string | undefined
}

interface UploadPage {
  readonly uploads: readonly OpenUpload[]
  /** Undefined for the last one. */
  readonly next: UploadMarker | undefined
}

const bodyOf = (pieces: readonly Uint8Array[]) => ({
  Body: Readable.from(pieces),
  ContentLength: pieces.reduce((sum, piece) => sum + piece.length, 0),
})

/** Sign with a hash that is there: of a buffer the SDK would find it out again, of pieces it could not. */
const signing =
  (sha256: string) =>
  <A extends { request: unknown }, R>(next: (args: A) => R) =>
  (args: A): R => {
    const { headers } = args.request as { headers: Record<string, string> }
    headers['x-amz-content-sha256'] = sha256
    return next(args)
  }

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

const queryOf = (tags: Tags): string =>
  Object.entries(tags)
    .map((pair) => pair.map(encodeURIComponent).join('='))
    .join('&')
