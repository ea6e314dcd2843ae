import type { Partial } from '../../lib/exchange/exchange.ts'
import type { Codec } from '../../lib/state/codec.ts'
import { type Assigner, assignerOf, type Layout, type Window } from '../windows.ts'
import type { Columns, Totals } from './columns.ts'

/** What one key has added up to so far in one pane of windows that are open. */
export interface OpenPane {
  readonly key: string
  readonly start: number
  /** How its windows are found; without, it is itself the only one. */
  readonly layout: Layout | undefined
  /** One, while no event has come too late for some of the windows only. */
  readonly parts: readonly Part[]
}

/** Totals that count in the windows of their pane that end at `end` or later. */
export interface Part {
  readonly end: number
  readonly totals: Totals
}

/** A window that is over, with its panes: for each of them, those of all keys. */
export interface Due {
  readonly window: Window
  readonly panes: OpenPane[][]
  /** Those whose last window it is. */
  readonly done: OpenPane[][]
}

const decoder = new TextDecoder()

type WindowsOf = (pane: OpenPane) => readonly Window[]

/** The same for the panes of all keys. One that is itself the window is known by its end too: how long a day is follows the zone data of whoever read it. */
const spanOf = ({ start, layout, parts }: OpenPane): string =>
  layout ? `${start}` : `${start} ${parts[0]?.end}`

/** What a pane of a key is known by. */
export const idOf = (pane: OpenPane): string => `${spanOf(pane)} ${pane.key}`

/** The pane of a partial, with that alone. */
export const paneOf = ({ key, start, end, layout }: Partial, totals: Totals): OpenPane => ({
  key,
  start,
  layout: layout as Layout | undefined,
  parts: [{ end, totals }],
})

/** Finds the windows of panes, by their ends. All have one layout. */
export function windowFinder(): WindowsOf {
  let assigner: Assigner | undefined
  return ({ start, layout, parts }) => {
    if (!layout) return [{ start, end: (parts[0] as Part).end }]
    return (assigner ??= assignerOf(layout)).paneOf(start).windows
  }
}

/** The windows that end after `over` and not after `time`, by start, and the lowest end of the others. */
export function windowsBetween(
  over: number,
  time: number,
  open: Iterable<OpenPane>,
  windowsOf: WindowsOf,
): { due: Due[]; next: number } {
  const due = new Map<string, Due>()
  let next = Infinity
  for (const panes of together(open)) {
    const windows = windowsOf(panes[0] as OpenPane)
    for (const window of windows) {
      if (window.end <= over) continue
      if (window.end > time) {
        next = Math.min(next, window.end)
        break
      }
      const id = `${window.start} ${window.end}`
      let one = due.get(id)
      if (!one) due.set(id, (one = { window, panes: [], done: [] }))
      one.panes.push(panes)
      if (window === windows.at(-1)) one.done.push(panes)
    }
  }
  return { due: [...due.values()].sort(byWindow), next }
}

const byWindow = ({ window: a }: Due, { window: b }: Due): number =>
  a.start - b.start || a.end - b.end

/** The panes of all keys that lie in the same windows. */
function together(open: Iterable<OpenPane>): Iterable<OpenPane[]> {
  const panes = new Map<string, OpenPane[]>()
  for (const pane of open) {
    const span = spanOf(pane)
    const same = panes.get(span)
    if (same) same.push(pane)
    else panes.set(span, [pane])
  }
  return panes.values()
}

/** Totals as JSON, with the pane that they are for. Plain JSON: all numbers are finite, and a total may have a field of any name. */
export function codecOf(columns: Columns<never>): Codec<OpenPane> {
  type Written = Omit<OpenPane, 'parts'> & { parts: { end: number; data: unknown }[] }
  return {
    name: 'totals/3',
    write: ({ key, start, layout, parts }) => {
      const written: Written = {
        key,
        start,
        layout,
        parts: parts.map(({ end, totals }) => ({
          end,
          data: columns.write(totals, { key, start, end }),
        })),
      }
      return Buffer.from(JSON.stringify(written))
    },
    read: (bytes) => {
      const { key, start, layout, parts } = JSON.parse(decoder.decode(bytes)) as Written
      return {
        key,
        start,
        layout,
        parts: parts.map(({ end, data }) => ({
          end,
          totals: columns.read(data, { key, start, end }),
        })),
      }
    },
  }
}
