import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { BESIDE, type FileNames, SIDECAR } from './file-name.ts'
import { ifThere } from './files.ts'

/** A key, or the beginning of the keys in a folder, which ends in a slash. */
interface Entry {
  readonly key: string
  readonly path: string
  readonly folder: boolean
}

/**
 * The keys of a bucket's folder that begin with `prefix`, after `after`, in ascending order of their bytes. It reads the folders that
 * can hold such keys, when it comes to them, and no file. Memory: the names of one folder per level.
 */
export async function* listKeys(
  root: string,
  names: FileNames,
  prefix: string,
  after = '',
): AsyncGenerator<string, void, undefined> {
  const wanted = ({ key, folder }: Entry): boolean =>
    folder
      ? (key.startsWith(prefix) || prefix.startsWith(key)) &&
        (after.startsWith(key) || compareBytes(key, after) > 0)
      : key.startsWith(prefix) && compareBytes(key, after) > 0

  const levels = [[{ key: '', path: '', folder: true }]]
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    const entry = level.pop()
    if (entry === undefined) levels.pop()
    else if (!entry.folder) yield entry.key
    else levels.push(descending((await entriesOf(root, names, entry)).filter(wanted)))
  }
}

async function entriesOf(root: string, names: FileNames, { key, path }: Entry): Promise<Entry[]> {
  const files = await ifThere(readdir(join(root, path), { withFileTypes: true }))
  const entries: Entry[] = []
  for (const file of files ?? []) {
    const { name } = file
    const folder = file.isDirectory()
    if ((key === '' && name === SIDECAR) || !(folder || file.isFile())) continue
    const plain = !folder && name.endsWith(BESIDE) ? name.slice(0, -BESIDE.length) : name
    const segment = names.segmentOf(plain, key === '')
    if (segment === undefined) continue
    const end = folder ? '/' : ''
    entries.push({ key: key + segment + end, path: path + name + end, folder })
  }
  return entries
}

const descending = (entries: Entry[]): Entry[] => entries.sort((a, b) => compareBytes(b.key, a.key))

/**
 * Order of two texts by their UTF-8 bytes. JavaScript's own order is that of UTF-16 and differs where one text has a surrogate: those
 * are below U+E000 as code units and above U+FFFF as characters.
 */
export function compareBytes(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)]
    if (x !== y) return isSurrogate(x) === isSurrogate(y) ? x - y : isSurrogate(x) ? 1 : -1
  }
  return a.length - b.length
}

const isSurrogate = (unit: number): boolean => unit >= 0xd800 && unit < 0xe000
