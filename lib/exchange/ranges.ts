import type { Bundle } from '../commit/bundle.ts'
import type { Segment } from '../commit/record.ts'
import type { Partial } from './exchange.ts'

type Row = [key: string, start: number, end: number, data: unknown, layout?: unknown]

/** Name of the function that assigns keys to ranges, kept in `instance.json`: it may never change under an instance. */
export const HASH = 'fnv1a-32'

/** Which range, of so many, a key belongs to. */
export function rangeOf(key: string, ranges: number): number {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(key)) hash = Math.imul(hash ^ byte, 0x01000193)
  // FNV's low bits are weak: fold the high ones in
  return ((hash ^ (hash >>> 15)) >>> 0) % ranges
}

/** Put an epoch's partials into its bundle: a run for each range, sorted by key and window; null where there are none. */
export function writePartials(
  partials: readonly Partial[],
  ranges: number,
  bundle: Bundle,
): (Segment | null)[] {
  const runs = Array.from({ length: ranges }, (): Partial[] => [])
  for (const partial of partials) runs[rangeOf(partial.key, ranges)]?.push(partial)
  return runs.map((run) => (run.length === 0 ? null : bundle.add(Buffer.from(linesOf(run)))))
}

const linesOf = (run: Partial[]): string =>
  run
    .sort(byKey)
    .map((partial) => `${JSON.stringify(rowOf(partial))}\n`)
    .join('')

const rowOf = ({ key, start, end, data, layout }: Partial): Row =>
  layout === undefined ? [key, start, end, data] : [key, start, end, data, layout]

const byKey = (a: Partial, b: Partial): number =>
  a.key < b.key ? -1 : a.key > b.key ? 1 : a.start - b.start || a.end - b.end

/** The partials of a run, as they were written. */
export function readPartials(bytes: Buffer): Partial[] {
  return bytes
    .toString()
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const [key, start, end, data, layout] = JSON.parse(line) as Row
      return { key, start, end, data, ...(layout !== undefined && { layout }) }
    })
}
