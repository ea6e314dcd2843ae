import type { ExpectedItem, ExpectedRejection } from './expected.ts'

/** An item as it lies in the bucket. */
export interface Item {
  readonly id: string
  readonly country: string | null
  readonly category: string
  readonly cents: number
  readonly ticket: number
}

export type Found = ExpectedItem & { readonly offset: number; readonly item: Item }

const HOUR = 3_600_000
const WITHIN = 48 * HOUR

/** Midnights of Vienna: clocks are put forward in the night to 30 March 2025, and that day has 23 hours. */
const MIDNIGHTS = Array.from({ length: 16 }, (_, day) =>
  Date.UTC(2025, 2, 20 + day, day <= 10 ? -1 : -2),
)

/** Adds up what the items that were found have to come to. Shares no code with the runtime. */
export function totalsOf(lanes: readonly (readonly Found[])[]): {
  readonly totals: string[]
  readonly days: string[]
  readonly rejected: ExpectedRejection[]
} {
  const totals = new Groups<{ items: number; cents: number; ticket: number }>()
  const days = new Groups<{ items: number; cents: number; best: Item }>()
  const rejected: ExpectedRejection[] = []
  for (const found of lanes) {
    const seen = new Set<string>()
    for (const { lane, offset, at, watermark, item } of found) {
      const reject = (operator: string) => void rejected.push({ lane, offset, operator })
      if (at < watermark - WITHIN) {
        reject('dedupe')
        continue
      }
      if (seen.has(item.id)) continue
      seen.add(item.id)
      const hops = hopsOf(at).filter(({ end }) => end > watermark)
      if (hops.length === 0) reject('window')
      for (const window of hops)
        for (const dimension of ['country', 'category'] as const)
          if (item[dimension] !== null)
            totals.add({ dimension, value: item[dimension], window }, (total) => ({
              items: (total?.items ?? 0) + 1,
              cents: (total?.cents ?? 0) + item.cents,
              ticket: Math.max(total?.ticket ?? 0, item.ticket),
            }))
      const window = dayOf(at)
      if (window.end + HOUR <= watermark) reject('window')
      else
        days.add({ category: item.category, country: item.country, window }, (total) => ({
          items: (total?.items ?? 0) + 1,
          cents: (total?.cents ?? 0) + item.cents,
          best: total && isBefore(total.best, item) ? total.best : item,
        }))
    }
  }
  return {
    totals: totals.rows((total) => total),
    days: days.rows(({ items, cents, best }) => ({ items, cents, dearest: best.id })),
    rejected,
  }
}

const isBefore = (one: Item, other: Item): boolean =>
  one.cents === other.cents ? one.id < other.id : one.cents > other.cents

function hopsOf(at: number): { start: number; end: number }[] {
  const last = Math.floor(at / (2 * HOUR)) * 2 * HOUR
  return [last - 4 * HOUR, last - 2 * HOUR, last].map((start) => ({ start, end: start + 6 * HOUR }))
}

function dayOf(at: number): { start: number; end: number } {
  const next = MIDNIGHTS.findIndex((midnight) => midnight > at)
  return { start: MIDNIGHTS[next - 1]!, end: MIDNIGHTS[next]! }
}

/** Totals by their keys. */
class Groups<T> {
  readonly #totals = new Map<string, T>()

  add(key: object, next: (total: T | undefined) => T): void {
    const text = JSON.stringify(key)
    this.#totals.set(text, next(this.#totals.get(text)))
  }

  rows(columns: (total: T) => object): string[] {
    return Array.from(this.#totals, ([key, total]) =>
      JSON.stringify({ ...(JSON.parse(key) as object), ...columns(total) }),
    ).toSorted()
  }
}
