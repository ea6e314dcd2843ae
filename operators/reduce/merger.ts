import { SluiceError } from '../../lib/errors.ts'
import { type Merger, type Partial, resultMessage } from '../../lib/exchange/exchange.ts'
import { type Codec, json } from '../../lib/state/codec.ts'
import type { State } from '../../lib/state/store.ts'
import type { Reducer } from '../reducers.ts'

/** A half-open span of event time, in ms since the epoch. */
export interface Window {
  readonly start: number
  readonly end: number
}

/** Results between two looks at whether downstream is full. */
const GROUP = 250

/** What one key has added up to so far in one window that is open. */
interface Open extends Window {
  readonly key: string
  readonly totals: readonly unknown[]
}

interface Progress {
  /** The highest finite watermark. */
  readonly watermark: number
  /** The highest end of a window that was emitted. */
  readonly emitted: number
}

/**
 * Stage two of `reduce`: merges partials, and emits the results of a window when the watermark passes its end. Holds one total for each key and
 * open window.
 */
export function newMerger<O>(
  state: State,
  columns: readonly string[],
  reducers: readonly Reducer<never, unknown>[],
): Merger<O> {
  const open = state.map('open', codecOf(reducers))
  const progress = state.value('progress', json<Progress>(), {
    watermark: -Infinity,
    emitted: -Infinity,
  })
  /** The lowest end of an open window; undefined until it is looked for. */
  let nextEnd: number | undefined

  const findNextEnd = (): number => {
    let lowest = Infinity
    for (const [, { end }] of open.entries()) lowest = Math.min(lowest, end)
    return lowest
  }

  /** What is over at this time, by window, then key. */
  const dueAt = (time: number): [string, Open][] => {
    if (time < (nextEnd ??= findNextEnd())) return []
    nextEnd = undefined
    return [...open.entries()].filter(([, { end }]) => end <= time).sort(byWindowAndKey)
  }

  const resultOf = ({ key, start, end, totals }: Open): O =>
    ({
      ...(JSON.parse(key) as object),
      window: { start, end },
      ...Object.fromEntries(columns.map((column, i) => [column, reducers[i]?.result(totals[i])])),
    }) as O

  return {
    holds: true,

    get emitted() {
      return progress.get().emitted
    },

    message({ value: { key, start, end, data } }) {
      const { watermark, emitted } = progress.get()
      if (end <= Math.max(watermark, emitted)) throw tooLate(key, start)
      const added = readAll(reducers, data)
      const id = `${start} ${key}`
      const old = open.get(id)
      const totals = old
        ? reducers.map((reducer, i) => reducer.merge(old.totals[i], added[i]))
        : added
      open.set(id, { key, start, end, totals })
      if (nextEnd !== undefined) nextEnd = Math.min(nextEnd, end)
    },

    *watermark(time, out) {
      const { watermark, emitted } = progress.get()
      if (!(time > watermark)) return
      const due = dueAt(time)
      for (const [i, [id, result]] of due.entries()) {
        out.emit(resultMessage(resultOf(result), result.end - 1, watermark))
        open.delete(id)
        if (i % GROUP === GROUP - 1) yield
      }
      progress.set({
        // The end of a finite run is no time: a later run goes on after the last window
        watermark: time === Infinity ? watermark : time,
        emitted: Math.max(emitted, due.at(-1)?.[1].end ?? -Infinity),
      })
    },
  }
}

/** Totals as JSON, with the window that they are for. */
function codecOf(reducers: readonly Reducer<never, unknown>[]): Codec<Open> {
  const partials = json<Partial>()
  return {
    name: 'totals/1',
    write: ({ key, start, end, totals }) =>
      partials.write({
        key,
        start,
        end,
        data: reducers.map((reducer, i) => reducer.write(totals[i])),
      }),
    read: (bytes) => {
      const { key, start, end, data } = partials.read(bytes)
      return { key, start, end, totals: readAll(reducers, data) }
    },
  }
}

const readAll = (reducers: readonly Reducer<never, unknown>[], data: unknown): unknown[] =>
  reducers.map((reducer, i) => reducer.read((data as unknown[])[i]))

const byWindowAndKey = ([, a]: [string, Open], [, b]: [string, Open]): number =>
  a.start - b.start || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)

const tooLate = (key: string, start: number): SluiceError =>
  new SluiceError(
    'corrupt',
    `reduce was handed a partial of ${key} for the window of ${new Date(start).toISOString()}, whose result is already emitted; the chain of a lane contradicts itself, so stop and run verify`,
  )
