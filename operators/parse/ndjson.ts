const LINE_FEED = 10
const CARRIAGE_RETURN = 13

/** A line that holds something, and its number in the body, from 1. */
export interface Line {
  readonly number: number
  readonly bytes: Buffer
}

/** The lines of a body, without what ends them. Those that hold nothing are left out. */
export function* linesOf(body: Buffer): Generator<Line> {
  let number = 0
  for (let from = 0; from < body.length;) {
    const feed = body.indexOf(LINE_FEED, from)
    const end = feed < 0 ? body.length : feed
    number++
    const bytes = body.subarray(from, body[end - 1] === CARRIAGE_RETURN ? end - 1 : end)
    if (!isBlank(bytes)) yield { number, bytes }
    from = end + 1
  }
}

const isBlank = (bytes: Buffer): boolean => bytes.every((byte) => byte === 0x20 || byte === 0x09)
