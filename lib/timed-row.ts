/** A row with what it is sorted by. */
export interface TimedRow {
  /** Event time in ms since the epoch. */
  readonly time: number
  readonly offset: number
  readonly row: Buffer
}

/** Bytes that stand before a row. */
export const TIMED_HEAD = 20

/** A row as it waits in a bundle until its object is finished and its rows are sorted. */
export function timedRow(row: string | Buffer, time: number, offset: number): Buffer {
  const length = Buffer.byteLength(row)
  const bytes = Buffer.allocUnsafe(TIMED_HEAD + length)
  bytes.writeDoubleLE(time, 0)
  bytes.writeDoubleLE(offset, 8)
  bytes.writeUInt32LE(length, 16)
  if (typeof row === 'string') bytes.write(row, TIMED_HEAD)
  else row.copy(bytes, TIMED_HEAD)
  return bytes
}

/** The rows that were written one after the other. Their bytes are shared, not copied. */
export function timedRows(bytes: Buffer): TimedRow[] {
  const rows: TimedRow[] = []
  for (let at = 0; at < bytes.length;) {
    const end = at + TIMED_HEAD + bytes.readUInt32LE(at + 16)
    rows.push({
      time: bytes.readDoubleLE(at),
      offset: bytes.readDoubleLE(at + 8),
      row: bytes.subarray(at + TIMED_HEAD, end),
    })
    at = end
  }
  return rows
}

/** By time, then offset; rows of one record stay as they came. */
export const byTimeThenOffset = (a: TimedRow, b: TimedRow): number =>
  a.time - b.time || a.offset - b.offset

/** The rows of several runs as their object will have them. */
export const sortedRows = (runs: readonly Buffer[]): TimedRow[] =>
  runs.flatMap(timedRows).sort(byTimeThenOffset)
