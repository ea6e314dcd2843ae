import { randomBytes } from 'node:crypto'
import { link, mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256 } from '../commit/record.ts'
import { type Metadata, type OpenUpload, StoreError, type UploadPart } from '../ports.ts'
import {
  ifThere,
  inFolder,
  isMissing,
  readJson,
  readPieces,
  replaceFile,
  syncFolder,
  temporaryIn,
  writeNew,
} from './files.ts'

export interface Upload {
  readonly key: string
  readonly metadata: Metadata
}

/** Multipart uploads, a folder each: `upload.json` and the parts, named by number and hash. Without `upload.json` there is none. */
export class Uploads {
  readonly #folder: string
  readonly #unfinished: string

  /** @param unfinished is the folder for files that are not finished yet. */
  constructor(folder: string, unfinished: string) {
    this.#folder = folder
    this.#unfinished = unfinished
  }

  async create(upload: Upload): Promise<string> {
    const id = randomBytes(16).toString('hex')
    await mkdir(this.#folderOf(id), { recursive: true })
    await replaceFile(this.#infoOf(id), JSON.stringify(upload), this.#unfinished)
    return id
  }

  /** The upload of this key and id, or undefined when there is none (any more). */
  async find(key: string, id: string): Promise<Upload | undefined> {
    if (!/^[0-9a-f]{32}$/.test(id)) return undefined
    const upload = await readJson<Upload>(this.#infoOf(id))
    return upload?.key === key ? upload : undefined
  }

  /** Keep a part of an upload. The same part may be sent again, with other bytes too: what counts is what `join` is told. */
  async addPart(id: string, number: number, body: readonly Uint8Array[]): Promise<UploadPart> {
    const part = { number, etag: sha256(...body) }
    const temporary = temporaryIn(this.#unfinished)
    await inFolder(temporary, () => writeNew(temporary, body))
    await rename(temporary, this.#partOf(id, part))
    await syncFolder(this.#folderOf(id))
    return part
  }

  /** One file of these parts in the order of their numbers. The parts stay. */
  async join(id: string, parts: readonly UploadPart[]): Promise<string> {
    const files = parts
      .toSorted((a, b) => a.number - b.number)
      .map((part) => this.#partOf(id, part))
    const temporary = temporaryIn(this.#unfinished)
    try {
      const [only] = files
      if (only !== undefined && files.length === 1) await link(only, temporary)
      else await inFolder(temporary, () => writeNew(temporary, piecesOf(files)))
    } catch (error) {
      if (!isMissing(error)) throw error
      throw new StoreError('invalid', 'a part of the upload is not there', { cause: error })
    }
    return temporary
  }

  async remove(id: string): Promise<void> {
    await rm(this.#infoOf(id), { force: true })
    await rm(this.#folderOf(id), { recursive: true, force: true })
  }

  /** Those that were begun, of keys that begin so. */
  async *list(prefix: string): AsyncGenerator<OpenUpload> {
    for (const uploadId of (await ifThere(readdir(this.#folder))) ?? []) {
      const upload = await readJson<Upload>(this.#infoOf(uploadId))
      const begun = await ifThere(stat(this.#infoOf(uploadId)))
      if (upload && begun && upload.key.startsWith(prefix))
        yield { key: upload.key, uploadId, begun: begun.mtimeMs }
    }
  }

  /** Remove what is left of uploads that were being made or removed when their writer died. The others may be needed, however old they are. */
  async removeRemains(): Promise<void> {
    for (const id of (await ifThere(readdir(this.#folder))) ?? [])
      if (!(await ifThere(stat(this.#infoOf(id))))) await this.remove(id)
  }

  #folderOf(id: string): string {
    return join(this.#folder, id)
  }

  #infoOf(id: string): string {
    return join(this.#folder, id, 'upload.json')
  }

  #partOf(id: string, { number, etag }: UploadPart): string {
    return join(this.#folder, id, `${String(number).padStart(5, '0')}-${etag}`)
  }
}

async function* piecesOf(files: readonly string[]): AsyncGenerator<Buffer> {
  for (const file of files) yield* readPieces(file)
}
