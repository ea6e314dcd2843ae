/** The folder inside a bucket or log that holds what is ours and not the user's. */
export const SIDECAR = '.sluice'

/** Ends the name of an object's file where a folder has the object's own name: keys `a` and `a/b` are files `a%` and `a/b`. */
export const BESIDE = '%'

/** Stands for a segment without characters: key `a//b` is file `a/%empty/b`. */
const EMPTY = '%empty'

/** What a file name holds on every common file system (255 bytes), less the mark above. */
const NAME_BYTES = 254

/** What a key holds on S3: an object of the folder must be able to move there. */
const KEY_BYTES = 1024

/**
 * The file names of a bucket's keys. A key is its path, literally, but for what a file system cannot hold or would merge: that is
 * written as `%XX` per byte, and so is a `%` that would read as one of these escapes. No two keys share a name, and every name gives
 * its key back.
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

/** Controls; a file system takes all but one of them, a terminal and a shell do not. */
const CONTROLS = { characters: '[^ -~\\u0080-\\u{10ffff}]', bytes: '[01][\\da-fA-F]|7[fF]|2[5eE]' }

/** Besides, where names are folded: capitals, and all that Unicode may fold or compose. */
const FOLDED = {
  characters: '[^ -@[-~]',
  bytes: `${CONTROLS.bytes}|4[1-9a-fA-F]|5[\\daA]|[89a-fA-F][\\da-fA-F]`,
}

/** The names for a file system that keeps apart names which differ in case (`folds` false), or does not (true). Pure. */
export function fileNames(folds: boolean): FileNames {
  const { characters, bytes } = folds ? FOLDED : CONTROLS
  const unsafe = new RegExp(`${characters}|%(?=${bytes}|$)`, 'gu')
  const escaped = new RegExp(`(?:%(?:${bytes}))+`, 'gu')

  const nameOf = (segment: string, root = false): string => {
    if (segment === '') return EMPTY
    if (segment === EMPTY) return segment.replace('%', escape)
    if (segment === '.' || segment === '..' || (root && segment === SIDECAR))
      return segment.replaceAll('.', escape)
    return segment.replace(unsafe, escape)
  }

  const pathOf = (key: string): string =>
    key
      .split('/')
      .map((segment, i) => nameOf(segment, i === 0))
      .join('/')

  return {
    nameOf,
    pathOf,
    segmentOf(name, root = false) {
      const segment = name === EMPTY ? '' : name.replace(escaped, unescape)
      return nameOf(segment, root) === name ? segment : undefined
    },
    problemWith(key) {
      if (key === '') return 'a key has at least one character'
      if (!key.isWellFormed()) return 'the key is not valid Unicode'
      const size = Buffer.byteLength(key)
      if (size > KEY_BYTES) return `the key takes ${size} bytes, and a key has at most ${KEY_BYTES}`
      const path = size > NAME_BYTES / 3 ? pathOf(key) : ''
      const long = path.split('/').find((name) => Buffer.byteLength(name) > NAME_BYTES)
      if (long === undefined) return undefined
      return `the part "${long.slice(0, 40)}…" of the key takes ${Buffer.byteLength(long)} bytes as a file name, and a file name has at most ${NAME_BYTES}`
    },
  }
}

const escape = (characters: string): string =>
  Buffer.from(characters).toString('hex').toUpperCase().replace(/../g, '%$&')

const unescape = (escapes: string): string =>
  Buffer.from(escapes.replaceAll('%', ''), 'hex').toString()
