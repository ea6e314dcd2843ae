import type { StagedObject } from '../../commit/record.ts'
import { Unreadable } from '../framing.ts'
import { RowReader } from '../rows.ts'
import { unpacked } from '../unpack.ts'

/** The first row in which two objects are not the same. */
export interface RowDifference {
  /** Where it is, in words. */
  readonly place: string
  /** undefined where it ends before. */
  readonly recorded: Buffer | undefined
  readonly now: Buffer | undefined
}

/** What is taken for a row where rows cannot be told apart. */
const LINES = 'application/octet-stream; separator=%0A'

/** Compare two objects row by row, their headers first; undefined where they say the same. Holds the rows of one piece of each. */
export async function firstRowDifference(
  recorded: AsyncIterable<Buffer>,
  now: AsyncIterable<Buffer>,
  form: Pick<StagedObject, 'contentType' | 'compression'>,
): Promise<RowDifference | undefined> {
  const { hasRows } = new RowReader(form.contentType)
  const [before, again] = [rowsOf(recorded, form), rowsOf(now, form)]
  try {
    for (let number = 0; ; number++) {
      const [a, b] = await Promise.all([before.next(), again.next()])
      if (a.done && b.done) return undefined
      if (!a.done && !b.done && a.value.equals(b.value)) continue
      const place = number === 0 ? 'its header' : `${hasRows ? 'row' : 'line'} ${number}`
      return { place, recorded: a.value ?? undefined, now: b.value ?? undefined }
    }
  } finally {
    await Promise.all([before.return(undefined), again.return(undefined)])
  }
}

/** The header, empty where there is none, and the rows, as far as they can be read. */
async function* rowsOf(
  chunks: AsyncIterable<Buffer>,
  form: Pick<StagedObject, 'contentType' | 'compression'>,
): AsyncGenerator<Buffer, undefined> {
  const known = new RowReader(form.contentType)
  const reader = known.hasRows ? known : new RowReader(LINES)
  let isFirst = true
  function* take(rows: readonly Buffer[], isOver = false): Generator<Buffer> {
    if (isFirst && (isOver || rows.length > 0)) {
      isFirst = false
      yield reader.header ?? Buffer.alloc(0)
    }
    yield* rows
  }
  try {
    for await (const chunk of unpacked(chunks, form)) yield* take(reader.push(chunk))
    yield* take(reader.end(), true)
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
  }
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
