import type { CommitRecord } from '../commit/record.ts'

/** What a sink, or an exchange, has got over the whole chain of every lane. */
export interface PathTotals {
  /** Messages: a record may have become several. */
  kept: number
  expanded: Record<string, number>
  dropped: Record<string, number>
  rejected: Record<string, number>
  objects: number
  /** Or messages, of a sink that produces. */
  rows: number
  bytes: number
}

/** Sums over commit records. */
export class Totals {
  readonly paths: Record<string, PathTotals> = {}
  readonly reasons: Record<string, number> = {}

  add({ kind, fates, reasons, objects, outbox = [] }: CommitRecord): void {
    // a claim copies the objects and messages of the record before it
    if (kind !== 'commit') return
    for (const [path, { kept, expanded = {}, dropped, rejected }] of Object.entries(fates)) {
      const totals = this.#of(path)
      totals.kept += kept
      addAll(totals.expanded, expanded)
      addAll(totals.dropped, dropped)
      addAll(totals.rejected, rejected)
    }
    for (const { sink, rows, bytes } of objects) {
      const totals = this.#of(sink)
      totals.objects++
      totals.rows += rows
      totals.bytes += bytes
    }
    for (const { sink, count } of outbox) this.#of(sink).rows += count
    addAll(this.reasons, reasons)
  }

  #of(path: string): PathTotals {
    return (this.paths[path] ??= {
      kept: 0,
      expanded: {},
      dropped: {},
      rejected: {},
      objects: 0,
      rows: 0,
      bytes: 0,
    })
  }
}

function addAll(sums: Record<string, number>, counts: Readonly<Record<string, number>>): void {
  for (const [name, n] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + n
}
