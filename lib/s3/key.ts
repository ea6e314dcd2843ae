/** Bytes of UTF-8 that S3 gives a key room for. */
const LONGEST_KEY = 1_024

/** Bytes of UTF-8 between two slashes that a server can hold which keeps objects as files. */
export const LONGEST_FILE_NAME = 255

/**
 * What is wrong with a key for an S3 store, or undefined. Keys that some server would take for another one, refuse, or be unable to
 * list are refused here, so that no two keys ever become one: segments that mean something in a path, control characters, half a
 * surrogate pair.
 *
 * @param longestSegment most bytes of UTF-8 between two slashes
 */
export function problemWithKey(key: string, longestSegment = LONGEST_KEY): string | undefined {
  if (key === '') return 'it is empty'
  if (!key.isWellFormed()) return 'it holds half a surrogate pair, which UTF-8 cannot say'
  if (/\p{Cc}/u.test(key)) return 'it holds a control character'
  const bytes = Buffer.byteLength(key)
  if (bytes > LONGEST_KEY) return `it takes ${bytes} bytes, and S3 allows ${LONGEST_KEY}`
  return key
    .split('/')
    .map((segment) => problemWithSegment(segment, longestSegment))
    .find((problem) => problem !== undefined)
}

function problemWithSegment(segment: string, longest: number): string | undefined {
  if (segment === '') return 'it has a slash at an end, or two in a row'
  if (segment === '.' || segment === '..') return `it holds the segment '${segment}'`
  const bytes = Buffer.byteLength(segment)
  return bytes > longest
    ? `its segment '${segment.slice(0, 40)}…' takes ${bytes} bytes, and this store allows ${longest}`
    : undefined
}
