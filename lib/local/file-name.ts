/** The folder inside a bucket or log that holds what is ours and not the user's. */
export const SIDECAR = '.sluice'

/** Ends the name of an object's file where a folder has the object's own name: keys `a` and `a/b` are files `a%=` and `a/b`. */
export const BESIDE = '%='

/** What stands for the segments that no file can be called: key `a//b` is file `a/%empty/b`. The last one is ours, in the root. */
const STAND_INS: ReadonlyMap<string, string> = new Map([
  ['', '%empty'],
  ['.', '%2E'],
  ['..', '%2E%2E'],
  [SIDECAR, '%2Esluice'],
])

/** What a file name holds on every common file system. */
const NAME_BYTES = 255

/** What a key holds on S3: an object of the folder must be able to move there. */
const KEY_BYTES = 1024

/**
 * The file names of a bucket's keys. A key is its path, literally, so that whoever reads folders called `name=value` finds the values that were
 * written. Only what a file system cannot hold or would merge is written as `%XX` per byte, and so is a `%` that would read as such an escape. No
 * two keys share a name, and every name gives its key back.
 */
export interface FileNames {
  /** Why a key cannot be a path, as a sentence, or undefined when it can. */
  problemWith(key: string): string | undefined
  /** The path of a key below its bucket. */
  pathOf(key: string): string
  /** The name of one segment of a key; `root` when it is the first. */
  nameOf(segment: string, root?: boolean): string
  /** The segment that a file or folder name stands for; undefined when no segment has this name. */
  segmentOf(name: string, root?: boolean): string | undefined
}

const escape = (characters: string): string =>
  Buffer.from(characters).toString('hex').toUpperCase().replace(/../g, '%$&')

const unescape = (escapes: string): string =>
  Buffer.from(escapes.replaceAll('%', ''), 'hex').toString()

/** What segments are written like that are no stand-ins. */
interface Spelling {
  readonly spelt: (segment: string) => string
  readonly read: (name: string) => string
}

/** Ends a segment that looks like a stand-in, or like a name that ends in the mark, with its `%` escaped so many times. */
const STAND_IN_END = '(?=(?:25)*(?:empty|2E|2E%2E|2Esluice)$)'
const MARK_END = '(?=(?:25)*=$)'
const LOOK_ALIKE = new RegExp(`^%${STAND_IN_END}|%${MARK_END}`)
const ESCAPED_LOOK_ALIKE = new RegExp(`^%25${STAND_IN_END}|%25${MARK_END}`)

/** Where names that differ in case are kept apart. */
const literal: Spelling = {
  spelt: (segment) => segment.replace(LOOK_ALIKE, escape),
  read: (name) => name.replace(ESCAPED_LOOK_ALIKE, '%'),
}

/** Capitals, and all that Unicode may fold or compose. */
const FOLDED_BYTES = '2[5eE]|4[1-9a-fA-F]|5[\\daA]|[89a-fA-F][\\da-fA-F]'
const FOLDED = new RegExp(`[^ -@[-~]|%(?=${FOLDED_BYTES}|empty$|=$)`, 'gu')
const ESCAPED_FOLDED = new RegExp(`(?:%(?:${FOLDED_BYTES}))+`, 'gu')

/** Where they are taken for the same. */
const unfolded: Spelling = {
  spelt: (segment) => segment.replace(FOLDED, escape),
  read: (name) => name.replace(ESCAPED_FOLDED, unescape),
}

/** The names for a file system that keeps apart names which differ in case (`folds` false), or does not (true). Pure. */
export function fileNames(folds: boolean): FileNames {
  const { spelt, read } = folds ? unfolded : literal

  const standInFor = (segment: string, root: boolean): string | undefined =>
    segment === SIDECAR && !root ? undefined : STAND_INS.get(segment)

  const nameOf = (segment: string, root = false): string =>
    standInFor(segment, root) ?? spelt(segment)

  const pathOf = (key: string): string =>
    key
      .split('/')
      .map((segment, i) => nameOf(segment, i === 0))
      .join('/')

  return {
    nameOf,
    pathOf,
    segmentOf(name, root = false) {
      const stoodFor = [...STAND_INS.keys()].find((one) => standInFor(one, root) === name)
      const segment = stoodFor ?? read(name)
      return nameOf(segment, root) === name ? segment : undefined
    },
    problemWith(key) {
      if (key === '') return 'a key has at least one character'
      if (!key.isWellFormed()) return 'the key is not valid Unicode'
      if (/\p{Cc}/u.test(key)) return 'the key holds a control character'
      const size = Buffer.byteLength(key)
      if (size > KEY_BYTES) return `the key takes ${size} bytes, and a key has at most ${KEY_BYTES}`
      const path = size > NAME_BYTES / 3 ? pathOf(key) : ''
      return path
        .split('/')
        .map((name, i, { length }) => problemWithName(name, i < length - 1))
        .find((problem) => problem !== undefined)
    },
  }
}

/** An object's file has to have room for the mark. */
function problemWithName(name: string, isFolder: boolean): string | undefined {
  const most = isFolder ? NAME_BYTES : NAME_BYTES - BESIDE.length
  const size = Buffer.byteLength(name)
  if (size <= most) return undefined
  return `the part "${name.slice(0, 40)}…" of the key takes ${size} bytes as a file name, and that of ${isFolder ? 'a folder' : 'an object'} has at most ${most}`
}
