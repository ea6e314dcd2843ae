/** What a path, a file system, a URL or a reader of `name=value` folders could take for something else. */
const RESERVED = /[%/\\=+:*?"<>|\p{Cc}]/gu

/** The same, in a text that says itself where folders begin and what they are called. */
const RESERVED_IN_PATHS = /[%+:*?"<>|]/g

/** Stands for the empty text: no other one is written so, as a `%` is `%25`. */
const EMPTY = '%'

/** More characters than any key has room for. */
const TOO_LONG = 1_024

/**
 * A text as one segment of a folder: one to one, and reversible by `decoded`. What could be taken for something else becomes `%XX` for each byte of
 * its UTF-8, as do the dots of `.` and `..`; the empty text becomes `%`. All else stays as it is, spaces, commas, apostrophes and letters of any script too.
 *
 * @throws TypeError for half a surrogate pair, which UTF-8 cannot say, and for over 1,024 characters, which no key can hold
 */
export function segment(text: string): string {
  if (text === '') return EMPTY
  if (text === '.' || text === '..') return text.replaceAll('.', '%2E')
  if (text.length > TOO_LONG)
    throw new TypeError(
      `too long for a folder: ${text.length} characters that begin with ${text.slice(0, 40)}`,
    )
  if (!text.isWellFormed())
    throw new TypeError(
      `no valid Unicode for a folder: half a surrogate pair in ${JSON.stringify(text)}`,
    )
  return text.replace(RESERVED, percentEncoded)
}

/** The literal text of a path, slashes and equals signs left as they are. */
export const escapedPath = (path: string): string => path.replace(RESERVED_IN_PATHS, percentEncoded)

/** Every character as the bytes of its UTF-8. */
export const percentEncoded = (text: string): string =>
  Buffer.from(text).toString('hex').toUpperCase().replace(/../g, '%$&')

/** What a segment was made of. What no partitioner writes, such as `%` before something else or bytes that are no UTF-8, stays as it is. */
export const decoded = (text: string): string =>
  text === EMPTY ? '' : text.replace(/(?:%[\dA-Fa-f]{2})+/g, unescaped)

function unescaped(escapes: string): string {
  try {
    return decodeURIComponent(escapes)
  } catch {
    return escapes
  }
}
