import { SluiceError } from '../../lib/errors.ts'
import { type Merger, type Partial, resultMessage } from '../../lib/exchange/exchange.ts'
import { json } from '../../lib/state/codec.ts'
import type { State } from '../../lib/state/store.ts'
import type { Window } from '../windows.ts'
import { type Columns, textOf } from './columns.ts'
import {
  codecOf,
  type Due,
  idOf,
  type OpenPane,
  paneOf,
  type Part,
  windowFinder,
  windowsBetween,
} from './panes.ts'

/** Results, and totals that are merged into them, between two looks at whether downstream is full. */
const RESULTS = 250
const MERGES = 5_000

interface Progress {
  /** The highest finite watermark. */
  readonly watermark: number
  /** The highest end of a window that was emitted. */
  readonly emitted: number
}

/**
 * Stage two of `reduce`: merges partials, and emits the results of a window when the watermark passes its end. Holds one total for each key and
 * pane of open windows, and drops it with the last window that it is part of; one more while windows are over for some lanes' late events of the
 * pane and not for all.
 */
export function newMerger<O>(state: State, columns: Columns<never>): Merger<O> {
  const open = state.map('open', codecOf(columns))
  const progress = state.value('progress', json<Progress>(), {
    watermark: -Infinity,
    emitted: -Infinity,
  })
  const windowsOf = windowFinder()
  /** No open window ends before. */
  let nextEnd = -Infinity

  /** Windows that end up to here are emitted. */
  const over = (): number => Math.max(progress.get().watermark, progress.get().emitted)

  const dueAt = (time: number): Due[] => {
    if (time < nextEnd) return []
    const { due, next } = windowsBetween(over(), time, panes(), windowsOf)
    nextEnd = next
    return due
  }

  function* panes(): Generator<OpenPane> {
    for (const [, pane] of open.entries()) yield pane
  }

  /** Ends of windows that are over tell no two parts apart. */
  const join = (pane: OpenPane, { end, totals }: Part): OpenPane => {
    const [first, ...others] = pane.parts as [Part, ...Part[]]
    const merged = (part: Part): Part => ({
      end: part.end,
      totals: columns.merge(part.totals, totals, { key: pane.key, start: pane.start, end }),
    })
    if (others.length === 0 && first.end === end) return { ...pane, parts: [merged(first)] }
    const nearest = windowsOf(pane).find((window) => window.end > over())?.end ?? end
    const same = pane.parts.find((part) => Math.max(part.end, nearest) === Math.max(end, nearest))
    const parts = same
      ? pane.parts.map((part) => (part === same ? merged(part) : part))
      : [...pane.parts, { end, totals }]
    return { ...pane, parts }
  }

  const rowOf = (window: Window, key: string, parts: readonly Part[]): O => {
    const place = { key, ...window }
    const totals =
      parts.length === 1
        ? (parts[0] as Part).totals
        : parts.reduce((sum, part) => columns.merge(sum, part.totals, place), columns.initial())
    return { ...(JSON.parse(key) as object), window, ...columns.results(totals, place) } as O
  }

  return {
    holds: true,

    get emitted() {
      return progress.get().emitted
    },

    message({ value }) {
      const { key, start, end, data } = value
      if (end <= over()) throw tooLate(value)
      const added = paneOf(value, columns.read(data, { key, start, end }))
      const id = idOf(added)
      const old = open.get(id)
      open.set(id, old ? join(old, added.parts[0] as Part) : added)
      nextEnd = Math.min(nextEnd, end)
    },

    *watermark(time, out) {
      const { watermark, emitted } = progress.get()
      if (!(time > watermark)) return
      let highest = emitted
      let results = 0
      let merges = 0
      for (const { window, panes, done } of dueAt(time)) {
        for (const [key, parts] of partsByKey(panes.flat(), window.end)) {
          out.emit(resultMessage(rowOf(window, key, parts), window.end - 1, watermark))
          highest = Math.max(highest, window.end)
          results++
          merges += parts.length
          if (results < RESULTS && merges < MERGES) continue
          results = merges = 0
          yield
        }
        for (const pane of done.flat()) open.delete(idOf(pane))
      }
      // The end of a finite run is no time: a later run goes on after the last window
      progress.set({ watermark: time === Infinity ? watermark : time, emitted: highest })
    },
  }
}

/** What counts in a window that ends then, by key. */
function partsByKey(panes: readonly OpenPane[], end: number): [string, Part[]][] {
  const byKey = new Map<string, Part[]>()
  for (const { key, parts } of panes)
    for (const part of parts) {
      if (part.end > end) continue
      const same = byKey.get(key)
      if (same) same.push(part)
      else byKey.set(key, [part])
    }
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1))
}

const tooLate = ({ key, start }: Partial): SluiceError =>
  new SluiceError(
    'corrupt',
    `reduce was handed a partial of ${key} for the window of ${textOf(start)}, whose result is already emitted; the chain of a lane contradicts itself, so stop and run verify`,
  )
