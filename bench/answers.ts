import type { ObjectStore } from '../lib/ports.ts'

/** Sums of floating-point numbers depend on their order. */
const ROUNDING = 1e-9

interface Row {
  readonly key: string
  readonly [column: string]: unknown
}

/** The aggregates under a prefix by their keys. @throws Error where a key has two */
export async function aggregatesIn(store: ObjectStore, prefix: string): Promise<Map<string, Row>> {
  const rows = new Map<string, Row>()
  for await (const key of store.list(prefix)) {
    const bytes = await store.get(key)
    for (const row of JSON.parse(bytes!.toString()) as Row[]) {
      if (rows.has(row.key)) throw new Error(`${prefix} has ${row.key} twice`)
      rows.set(row.key, row)
    }
  }
  return rows
}

/** @throws Error unless both have come to the same answers, so that they have done the same work */
export function compare(ours: ReadonlyMap<string, Row>, theirs: ReadonlyMap<string, Row>): void {
  if (ours.size !== theirs.size || ours.size === 0)
    throw new Error(`one has ${ours.size} aggregates, the other ${theirs.size}`)
  for (const [key, row] of ours) {
    const other = theirs.get(key) ?? { key }
    for (const [column, value] of Object.entries(row))
      if (!isEqual(value, other[column]))
        throw new Error(`${column} of ${key} is ${String(value)} and ${String(other[column])}`)
  }
}

const isEqual = (a: unknown, b: unknown): boolean =>
  typeof a === 'number' && typeof b === 'number'
    ? Math.abs(a - b) <= ROUNDING * Math.abs(a)
    : a === b
