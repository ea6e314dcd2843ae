import { mkdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SluiceError } from '../errors.ts'
import { SIDECAR } from './file-name.ts'
import { ifThere, readJson, replaceFile } from './files.ts'
import { type Lock, takeLock } from './lock.ts'

/** The folders inside a bucket's folder that hold what is not an object. */
export interface BucketFolders {
  readonly metadata: string
  readonly uploads: string
  readonly unfinished: string
}

/** Of the names of files. */
const VERSION = 2

/** What was settled when the bucket was made; stored, for the names of its files depend on it. */
interface BucketFormat {
  readonly version: typeof VERSION
  /** Whether the file system takes names that differ in case, or in Unicode composition, for the same. */
  readonly folds: boolean
}

export const bucketFolders = (root: string): BucketFolders => ({
  metadata: join(root, SIDECAR, 'metadata'),
  uploads: join(root, SIDECAR, 'uploads'),
  unfinished: join(root, SIDECAR, 'unfinished'),
})

/** Take a bucket's folder as its only writer; make the bucket when there is none, and clear what a dead writer did not finish. */
export async function openToWrite(root: string): Promise<{ lock: Lock; folds: boolean }> {
  const { unfinished } = bucketFolders(root)
  const lock = await takeLock(
    join(root, SIDECAR, 'writer'),
    (pid) =>
      new SluiceError(
        'config',
        `Bucket folder ${root} is in use by process ${pid}: one pipeline process writes to a folder. Stop that one, or give this one another folder`,
      ),
  )
  try {
    await rm(unfinished, { recursive: true, force: true })
    await mkdir(unfinished, { recursive: true })
    const folds = await foldsNames(unfinished)
    const format = await readFormat(root)
    if (format === undefined)
      await replaceFile(formatFile(root), JSON.stringify({ version: VERSION, folds }))
    else if (folds && !format.folds) throw movedTo(root)
    return { lock, folds: format?.folds ?? folds }
  } catch (error) {
    await lock.release()
    throw error
  }
}

/** Look into a bucket that a pipeline has made, whether or not one is running. */
export async function openToRead(root: string): Promise<{ folds: boolean }> {
  const format = await readFormat(root)
  if (format !== undefined) return format
  throw new SluiceError(
    'config',
    `There is no bucket in folder ${root}: run a pipeline there first, or name the folder that holds one`,
  )
}

async function readFormat(root: string): Promise<BucketFormat | undefined> {
  const format = await readJson<BucketFormat>(formatFile(root))
  if (format === undefined || format.version === VERSION) return format
  throw new SluiceError(
    'config',
    `The bucket in folder ${root} was written by another version of sluice: use that version, or begin a new folder`,
  )
}

const formatFile = (root: string): string => join(root, SIDECAR, 'bucket.json')

const movedTo = (root: string): SluiceError =>
  new SluiceError(
    'config',
    `The bucket in folder ${root} was made on a disk that tells capitals from small letters, and this one does not: objects could be taken for each other. Move it back, or begin a new one`,
  )

/** Whether the file system finds a file by its name in other capitals, or in another composition of its characters. */
async function foldsNames(folder: string): Promise<boolean> {
  const name = 'probe-\u00e9'
  await writeFile(join(folder, name), '')
  const others = [name.toUpperCase(), name.normalize('NFD')].map((other) => join(folder, other))
  const found = await Promise.all(others.map((other) => ifThere(stat(other))))
  await rm(join(folder, name))
  return found.some((file) => file !== undefined)
}
