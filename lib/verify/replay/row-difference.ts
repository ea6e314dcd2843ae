/** The first line in which two objects are not the same. */
export interface RowDifference {
  /** From 1. */
  readonly line: number
  /** undefined where it ends before. */
  readonly recorded: Buffer | undefined
  readonly now: Buffer | undefined
}

const LINE_FEED = 10

/** A longer line is taken as several, in bytes. */
const LONGEST = 1024 * 1024

/** Compare two objects line by line; undefined where they say the same. Holds a line of each. */
export async function firstRowDifference(
  recorded: AsyncIterable<Buffer>,
  now: AsyncIterable<Buffer>,
): Promise<RowDifference | undefined> {
  const [before, again] = [linesOf(recorded), linesOf(now)]
  try {
    for (let line = 1; ; line++) {
      const [a, b] = await Promise.all([before.next(), again.next()])
      if (a.done && b.done) return undefined
      if (a.done || b.done || !a.value.equals(b.value))
        return { line, recorded: a.value ?? undefined, now: b.value ?? undefined }
    }
  } finally {
    await Promise.all([before.return(undefined), again.return(undefined)])
  }
}

async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, undefined> {
  let left: Buffer = Buffer.alloc(0)
  for await (const chunk of chunks) {
    left = left.length === 0 ? chunk : Buffer.concat([left, chunk])
    let from = 0
    for (let end = left.indexOf(LINE_FEED); end >= 0; end = left.indexOf(LINE_FEED, from)) {
      yield left.subarray(from, end)
      from = end + 1
    }
    left = left.subarray(from)
    if (left.length < LONGEST) continue
    yield left
    left = Buffer.alloc(0)
  }
  if (left.length > 0) yield left
  return undefined
}

/** Most characters of a value that are shown. */
const SHOWN = 200
const BEFORE = 60

/** Two values, for people, each cut to where they begin to differ. */
export function shownApart(recorded: unknown, now: unknown): readonly [string, string] {
  const [a, b] = [textOf(recorded), textOf(now)]
  let same = 0
  while (same < a.length && same < b.length && a[same] === b[same]) same++
  const from = Math.max(0, same - BEFORE)
  return [cut(a, from), cut(b, from)]
}

const cut = (text: string, from: number): string =>
  text.length <= SHOWN
    ? text
    : `${from > 0 ? '…' : ''}${text.slice(from, from + SHOWN)}${text.length > from + SHOWN ? '…' : ''}`

function textOf(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'string') return value
  if (Buffer.isBuffer(value)) return value.toString()
  return typeof value === 'number' ? String(value) : JSON.stringify(value)
}
