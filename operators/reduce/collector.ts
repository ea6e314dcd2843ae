import type { Collector, Partial } from '../../lib/exchange/exchange.ts'
import type { Part } from '../key-by.ts'
import type { Reducer } from '../reducers.ts'
import type { Accumulator } from '../reducers/accumulator.ts'
import type { Windowed } from '../window.ts'
import type { Pane } from '../windows.ts'
import type { Columns } from './columns.ts'

/** What the totals of one key and window take in memory, with their place in the maps, in bytes. Measured with six reducers. */
const TOTALS = 800

/** Rows by one part of the key after the other. */
type Tree = Map<Part, Tree | number>

/** The row of a key that has none. */
const NONE = -1

/** What an epoch has added up in one pane of events that count from the same window on. `each` has a tree for every dimension, a joined key one. */
interface OpenPane {
  readonly kind: 'joined' | 'each'
  readonly names: readonly string[]
  readonly pane: Pane
  readonly end: number
  readonly trees: readonly Tree[]
}

/**
 * Stage one of `reduce`: adds up what its lane reads. Nested maps, by pane and by part of the key, lead to the row that a key has in the totals of
 * every reducer, so that no text of a key is built for an event. Holds one row for each key and pane of an epoch; one more where events come too late for
 * some windows of the pane, and not for all.
 */
export function newCollector<T, C>(
  columns: Columns<T>,
  checkKey: (columns: readonly string[]) => void,
): Collector<Windowed<T, C>> {
  /** By start; several of one start differ by the window that they count from. */
  const panes = new Map<number, OpenPane[]>()
  let last: OpenPane | undefined
  const { reducers } = columns
  let accumulators = columns.accumulators()
  let count = 0
  const values: unknown[] = []
  /** Of the event at hand. */
  const rows: number[] = []

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

  /** Find the rows of an event's keys; says how many keys it has. */
  const findRows = ({ kind, parts }: Windowed<T, C>, trees: readonly Tree[]): number => {
    if (kind === 'joined') {
      rows[0] = rowAt(trees[0] as Tree, parts)
      return 1
    }
    let length = 0
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i] as Part
      if (part !== null) rows[length++] = ((trees[i] as Tree).get(part) as number) ?? NONE
    }
    return length
  }

  /** Begin a row for each of an event's keys that has none. */
  const beginRows = ({ kind, parts }: Windowed<T, C>, trees: readonly Tree[]): void => {
    const before = count
    if (kind === 'joined') {
      if (rows[0] === NONE) setRow(trees[0] as Tree, parts, (rows[0] = count++))
    } else {
      let at = 0
      for (let i = 0; i < parts.length; i++) {
        const part = parts[i] as Part
        if (part === null) continue
        if (rows[at] === NONE) (trees[i] as Tree).set(part, (rows[at] = count++))
        at++
      }
    }
    if (count > before) for (const each of accumulators) each.grow(count)
  }

  return {
    holds: true,

    get held() {
      return count * TOTALS
    },

    message({ value, time }) {
      const { event } = value
      // All that may throw comes before anything is added
      for (let i = 0; i < reducers.length; i++)
        values[i] = (reducers[i] as Reducer<T, unknown>).of(event, time)
      const { trees } = paneOf(value)
      const length = findRows(value, trees)
      for (let i = 0; i < accumulators.length; i++)
        accumulators[i]?.prepare?.(values[i], rows, length)
      beginRows(value, trees)
      for (let i = 0; i < accumulators.length; i++)
        (accumulators[i] as Accumulator<unknown>).add(values[i], rows, length)
    },

    take() {
      const partials: Partial[] = []
      for (const { kind, names, pane, end, trees } of [...panes.values()].flat())
        for (const [i, tree] of trees.entries())
          for (const [parts, row] of leavesOf(tree)) {
            const key =
              kind === 'each'
                ? { dimension: names[i], value: parts[0] }
                : Object.fromEntries(names.map((name, n) => [name, parts[n]]))
            const { start, layout } = pane
            const text = JSON.stringify(key)
            const data = columns.writeRow(accumulators, row, { key: text, start, end })
            partials.push({ key: text, start, end, data, ...(layout && { layout }) })
          }
      panes.clear()
      last = undefined
      accumulators = columns.accumulators()
      count = 0
      return partials
    },
  }
}

/** The row of a joined key. */
function rowAt(tree: Tree, parts: readonly Part[]): number {
  let found: Tree | number | undefined = tree
  for (const part of parts) found = (found as Tree | undefined)?.get(part)
  return (found as number | undefined) ?? NONE
}

function setRow(tree: Tree, parts: readonly Part[], row: number): void {
  const last = parts.length - 1
  for (const part of parts.slice(0, last)) {
    let inner = tree.get(part) as Tree | undefined
    if (!inner) tree.set(part, (inner = new Map()))
    tree = inner
  }
  tree.set(parts[last] as Part, row)
}

function* leavesOf(tree: Tree, path: readonly Part[] = []): Generator<[readonly Part[], number]> {
  for (const [part, inner] of tree) {
    const parts = [...path, part]
    if (inner instanceof Map) yield* leavesOf(inner, parts)
    else yield [parts, inner]
  }
}
