import type { Stats } from 'node:fs'
import { link, mkdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Metadata, ObjectInfo } from '../ports.ts'
import { BESIDE } from './file-name.ts'
import { codeOf, ifThere, syncFolder } from './files.ts'
import { type FileMetadata, MetadataFiles } from './metadata.ts'
import { Turns } from './turns.ts'

/** The file that is an object. */
export interface ObjectFile {
  readonly file: string
  readonly stats: Stats
}

/**
 * The objects of a bucket by path: where their files are, and how a file becomes one, at once and together with its metadata. An
 * object lies at its path, or where a folder has that name, beside it. Only one process may write.
 */
export class ObjectFiles {
  readonly #root: string
  readonly #metadata: MetadataFiles
  readonly #turns = new Turns()

  constructor(root: string, metadata: MetadataFiles) {
    this.#root = root
    this.#metadata = metadata
  }

  async find(path: string): Promise<ObjectFile | undefined> {
    for (const file of this.#places(path)) {
      const stats = await ifThere(stat(file))
      if (stats?.isFile()) return { file, stats }
    }
    return undefined
  }

  async head(path: string): Promise<ObjectInfo | undefined> {
    const found = await this.find(path)
    if (found === undefined) return undefined
    const metadata = await this.#metadata.read(path, found.stats.ino)
    return { size: found.stats.size, modified: found.stats.mtimeMs, metadata }
  }

  /** Make a finished file the object at a path; the file itself is gone then. False when it may only be created and is there. */
  place(path: string, file: string, metadata: Metadata, ifAbsent: boolean): Promise<boolean> {
    return this.#turns.take(path, async () => {
      try {
        const current = await this.find(path)
        if (current && ifAbsent) return false
        const next = { inode: (await stat(file)).ino, metadata }
        const placed = current
          ? await this.#replace(path, file, next, current)
          : await this.#create(path, file, next)
        await syncFolder(dirname(placed))
        return true
      } catch (error) {
        if (ifAbsent && codeOf(error) === 'EEXIST') return false
        throw error
      } finally {
        await rm(file, { force: true })
      }
    })
  }

  remove(path: string): Promise<void> {
    return this.#turns.take(path, async () => {
      const found = await this.find(path)
      if (found) await rm(found.file, { force: true })
      await this.#metadata.remove(path)
    })
  }

  async #create(path: string, file: string, next: FileMetadata): Promise<string> {
    await this.#metadata.write(path, [next])
    await this.#makeFolders(path)
    const [target, beside] = this.#places(path)
    try {
      await link(file, target)
      return target
    } catch (error) {
      if (codeOf(error) !== 'EEXIST' || !(await stat(target)).isDirectory()) throw error
    }
    await link(file, beside)
    return beside
  }

  async #replace(
    path: string,
    file: string,
    next: FileMetadata,
    { file: target, stats: { ino } }: ObjectFile,
  ): Promise<string> {
    const current = { inode: ino, metadata: await this.#metadata.read(path, ino) }
    await this.#metadata.write(path, [current, next])
    await rename(file, target)
    await this.#metadata.write(path, [next])
    return target
  }

  /** Make the folders of a path; an object that has the name of one of them moves beside it. */
  async #makeFolders(path: string): Promise<void> {
    const folder = dirname(join(this.#root, path))
    try {
      await mkdir(folder, { recursive: true })
    } catch (error) {
      if (!/^(EEXIST|ENOTDIR)$/.test(codeOf(error))) throw error
      const segments = path.split('/').slice(0, -1)
      for (const i of segments.keys()) await this.#moveBeside(segments.slice(0, i + 1).join('/'))
      await mkdir(folder, { recursive: true })
    }
  }

  #moveBeside(path: string): Promise<void> {
    return this.#turns.take(path, async () => {
      const [file, beside] = this.#places(path)
      const stats = await ifThere(stat(file))
      if (stats?.isFile()) await rename(file, beside)
    })
  }

  #places(path: string): readonly [string, string] {
    const file = join(this.#root, path)
    return [file, file + BESIDE]
  }
}
