import type { MemoryStore } from '../../lib/testing.ts'
import type { Expected } from './expected.ts'

/** The lines of all objects under a prefix. */
export const linesOf = (store: MemoryStore, prefix: string): string[] =>
  store.objects(`${prefix}/`).flatMap(({ bytes }) =>
    bytes
      .toString()
      .split('\n')
      .filter((line) => line !== ''),
  )

export const keysOf = (store: MemoryStore, prefix: string): string[] =>
  store.objects(`${prefix}/`).map(({ key }) => key)

interface RejectedRow {
  readonly partition: number
  readonly offset: number
  readonly operator: string
}

/** What is in the bucket, as `expectedOf` says what is to be there. */
export function contentsOf(store: MemoryStore): Expected {
  const rejected = linesOf(store, 'rejected').map((line) => JSON.parse(line) as RejectedRow)
  return {
    raw: linesOf(store, 'raw').toSorted(),
    rejected: rejected
      .map(({ partition, offset, operator }) => `${partition}@${offset} ${operator}`)
      .toSorted(),
    totals: linesOf(store, 'totals').toSorted(),
  }
}

const SHOWN = 5

/** How what is in the bucket differs from what is to be there, in few lines; none when it does not. */
export function differences(actual: Expected, expected: Expected): string[] {
  const differences: string[] = []
  for (const what of ['raw', 'rejected', 'totals'] as const) {
    const [missing, extra] = [
      without(expected[what], actual[what]),
      without(actual[what], expected[what]),
    ]
    if (missing.length > 0)
      differences.push(`${what}: ${missing.length} missing`, ...missing.slice(0, SHOWN))
    if (extra.length > 0)
      differences.push(`${what}: ${extra.length} extra`, ...extra.slice(0, SHOWN))
  }
  return differences
}

/** What is in one multiset and not in the other. */
function without(lines: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>()
  for (const line of others) left.set(line, (left.get(line) ?? 0) + 1)
  return lines.filter((line) => {
    const n = left.get(line) ?? 0
    left.set(line, n - 1)
    return n <= 0
  })
}
