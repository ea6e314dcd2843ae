import type { Collector, Partial } from '../../lib/exchange/exchange.ts'
import type { Part } from '../key-by.ts'
import type { Reducer } from '../reducers.ts'
import type { Windowed } from '../window.ts'

type Totals = unknown[]

/** What the totals of one key and window take in memory, with their place in the maps, in bytes. Measured with six reducers. */
const TOTALS = 800

/** Totals by one part of the key after the other. */
type Tree = Map<Part, Tree | Totals>

/** What an epoch has added up for one window. `each` has a tree for every dimension, a joined key one. */
interface OpenWindow {
  readonly kind: 'joined' | 'each'
  readonly names: readonly string[]
  readonly end: number
  readonly trees: readonly Tree[]
}

/**
 * Stage one of `reduce`: adds up what its lane reads in nested maps, by window and by part of the key, so that no text of a key is built for an
 * event. Holds one total for each key and window of an epoch.
 */
export function newCollector<T, C>(
  reducers: readonly Reducer<T, unknown>[],
  checkKey: (columns: readonly string[]) => void,
): Collector<Windowed<T, C>> {
  let windows = new Map<number, OpenWindow>()
  let keys = 0
  const values: unknown[] = []

  const openAt = (start: number, { kind, names, size }: Windowed<T, C>): OpenWindow => {
    checkKey(kind === 'each' ? ['dimension', 'value'] : names)
    const trees = kind === 'each' ? names.map((): Tree => new Map()) : [new Map() as Tree]
    const opened = { kind, names, end: start + size, trees }
    windows.set(start, opened)
    return opened
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
      tree.set(parts[from] as Part, (totals = reducers.map((reducer) => reducer.initial())))
      keys++
    }
    return totals
  }

  const add = (totals: Totals): void => {
    for (let i = 0; i < reducers.length; i++)
      totals[i] = (reducers[i] as Reducer<T, unknown>).add(totals[i], values[i])
  }

  return {
    holds: true,

    get held() {
      return keys * TOTALS
    },

    message({ value }) {
      const { event, kind, parts, starts } = value
      // All that may throw comes before anything is added
      for (let i = 0; i < reducers.length; i++)
        values[i] = (reducers[i] as Reducer<T, unknown>).of(event)
      for (const start of starts) {
        const { trees } = windows.get(start) ?? openAt(start, value)
        if (kind === 'joined') add(totalsOf(trees[0] as Tree, parts, 0, parts.length))
        else
          for (let i = 0; i < parts.length; i++)
            if (parts[i] !== null) add(totalsOf(trees[i] as Tree, parts, i, i + 1))
      }
    },

    take() {
      const partials: Partial[] = []
      for (const [start, { kind, names, end, trees }] of windows)
        for (const [i, tree] of trees.entries())
          for (const [parts, totals] of leavesOf(tree)) {
            const key =
              kind === 'each'
                ? { dimension: names[i], value: parts[0] }
                : Object.fromEntries(names.map((name, n) => [name, parts[n]]))
            const data = reducers.map((reducer, n) => reducer.write(totals[n]))
            partials.push({ key: JSON.stringify(key), start, end, data })
          }
      windows = new Map()
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
