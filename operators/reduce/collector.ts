import type { Collector, Partial } from '../../lib/exchange/exchange.ts'
import type { Part } from '../key-by.ts'
import type { Reducer } from '../reducers.ts'
import type { Windowed } from '../window.ts'
import type { Pane } from '../windows.ts'
import type { Columns, Totals } from './columns.ts'

/** What the totals of one key and window take in memory, with their place in the maps, in bytes. Measured with six reducers. */
const TOTALS = 800

/** Totals by one part of the key after the other. */
type Tree = Map<Part, Tree | Totals>

/** What an epoch has added up in one pane of events that count from the same window on. `each` has a tree for every dimension, a joined key one. */
interface OpenPane {
  readonly kind: 'joined' | 'each'
  readonly names: readonly string[]
  readonly pane: Pane
  readonly end: number
  readonly trees: readonly Tree[]
}

/**
 * Stage one of `reduce`: adds up what its lane reads in nested maps, by pane and by part of the key, so that no text of a key is built for an
 * event. Holds one total for each key and pane of an epoch; one more where events come too late for some windows of the pane, and not for all.
 */
export function newCollector<T, C>(
  columns: Columns<T>,
  checkKey: (columns: readonly string[]) => void,
): Collector<Windowed<T, C>> {
  /** By start; several of one start differ by the window that they count from. */
  const panes = new Map<number, OpenPane[]>()
  let last: OpenPane | undefined
  let keys = 0
  const { reducers } = columns
  const mayThrow = reducers.map((reducer) => reducer.mayThrow === true)
  const careful = mayThrow.includes(true)
  const values: unknown[] = []
  /** What reducers that may throw have made of their totals with the event at hand: by key, then column. */
  let tried: unknown[] = []

  const paneOf = ({ kind, names, pane, end }: Windowed<T, C>): OpenPane => {
    if (last?.end === end && last.pane.start === pane.start) return last
    const started = panes.get(pane.start) ?? []
    last = started.find((other) => other.end === end)
    if (last) return last
    checkKey(kind === 'each' ? ['dimension', 'value'] : names)
    const trees = kind === 'each' ? names.map((): Tree => new Map()) : [new Map() as Tree]
    last = { kind, names, pane, end, trees }
    panes.set(pane.start, [...started, last])
    return last
  }

  /** The totals of the key that the parts from `from` to `to` make. */
  const totalsOf = (tree: Tree, parts: readonly Part[], from: number, to: number): Totals => {
    for (; from < to - 1; from++) {
      let inner = tree.get(parts[from] as Part) as Tree | undefined
      if (!inner) tree.set(parts[from] as Part, (inner = new Map()))
      tree = inner
    }
    let totals = tree.get(parts[from] as Part) as Totals | undefined
    if (!totals) {
      tree.set(parts[from] as Part, (totals = columns.initial()))
      keys++
    }
    return totals
  }

  const find = (tree: Tree, parts: readonly Part[], from: number, to: number) => {
    let found: Tree | Totals | undefined = tree
    for (; from < to; from++) found = (found as Tree | undefined)?.get(parts[from] as Part)
    return found as Totals | undefined
  }

  /** Ask those that may throw, and change nothing. */
  const tryAll = (trees: readonly Tree[], { kind, parts }: Windowed<T, C>): void => {
    tried = []
    const tryOne = (totals: Totals | undefined): void => {
      for (const [i, reducer] of reducers.entries())
        if (mayThrow[i]) tried.push(reducer.add(totals ? totals[i] : reducer.initial(), values[i]))
    }
    if (kind === 'joined') tryOne(find(trees[0] as Tree, parts, 0, parts.length))
    else
      for (let i = 0; i < parts.length; i++)
        if (parts[i] !== null) tryOne(find(trees[i] as Tree, parts, i, i + 1))
    tried.reverse()
  }

  const add = (totals: Totals): void => {
    for (let i = 0; i < reducers.length; i++)
      totals[i] = mayThrow[i]
        ? tried.pop()
        : (reducers[i] as Reducer<T, unknown>).add(totals[i], values[i])
  }

  return {
    holds: true,

    get held() {
      return keys * TOTALS
    },

    message({ value, time }) {
      const { event, kind, parts } = value
      // All that may throw comes before anything is added
      for (let i = 0; i < reducers.length; i++)
        values[i] = (reducers[i] as Reducer<T, unknown>).of(event, time)
      const { trees } = paneOf(value)
      if (careful) tryAll(trees, value)
      if (kind === 'joined') add(totalsOf(trees[0] as Tree, parts, 0, parts.length))
      else
        for (let i = 0; i < parts.length; i++)
          if (parts[i] !== null) add(totalsOf(trees[i] as Tree, parts, i, i + 1))
    },

    take() {
      const partials: Partial[] = []
      for (const { kind, names, pane, end, trees } of [...panes.values()].flat())
        for (const [i, tree] of trees.entries())
          for (const [parts, totals] of leavesOf(tree)) {
            const key =
              kind === 'each'
                ? { dimension: names[i], value: parts[0] }
                : Object.fromEntries(names.map((name, n) => [name, parts[n]]))
            const { start, layout } = pane
            const text = JSON.stringify(key)
            const data = columns.write(totals, { key: text, start, end })
            partials.push({ key: text, start, end, data, ...(layout && { layout }) })
          }
      panes.clear()
      last = undefined
      keys = 0
      return partials
    },
  }
}

function* leavesOf(tree: Tree, path: readonly Part[] = []): Generator<[readonly Part[], Totals]> {
  for (const [part, inner] of tree) {
    const parts = [...path, part]
    if (inner instanceof Map) yield* leavesOf(inner, parts)
    else yield [parts, inner]
  }
}
