import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Metadata } from '../ports.ts'
import { BESIDE } from './file-name.ts'
import { readJson, replaceFile } from './files.ts'

/** The metadata of one file that was, is or will be an object: the inode says which. */
export interface FileMetadata {
  readonly inode: number
  readonly metadata: Metadata
}

/**
 * User metadata of objects, in a tree of their own. It is written before its object can be seen. While one object replaces another
 * the file holds both, told apart by inode, so that a crash at any point leaves each with its own; otherwise it holds one and the
 * inode is not asked, so that a bucket may be copied. An object without metadata has no such file.
 */
export class MetadataFiles {
  readonly #folder: string
  readonly #unfinished: string

  /** @param unfinished is the folder for files that are not finished yet. */
  constructor(folder: string, unfinished: string) {
    this.#folder = folder
    this.#unfinished = unfinished
  }

  /** The metadata of the object at a path whose file has this inode. */
  async read(path: string, inode: number): Promise<Metadata> {
    const files = await readJson<FileMetadata[]>(this.#fileOf(path))
    if (files === undefined) return {}
    const own = files.find((file) => file.inode === inode) ?? files.at(-1)
    return own?.metadata ?? {}
  }

  /** Replace what is known about a path. */
  async write(path: string, files: readonly FileMetadata[]): Promise<void> {
    if (files.every(isBare)) await this.remove(path)
    else await replaceFile(this.#fileOf(path), JSON.stringify(files), this.#unfinished)
  }

  async remove(path: string): Promise<void> {
    await rm(this.#fileOf(path), { force: true })
  }

  #fileOf(path: string): string {
    return join(this.#folder, path + BESIDE)
  }
}

const isBare = ({ metadata }: FileMetadata): boolean => Object.keys(metadata).length === 0
