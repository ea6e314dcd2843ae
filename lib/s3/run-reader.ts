import type { CarriedRun } from '../commit/record.ts'
import { sha256 } from '../commit/record.ts'
import { BLOCK, type RunEntry, type RunIndex, spansOf } from '../commit/run-index.ts'
import { SluiceError } from '../errors.ts'
import type { Account } from '../memory.ts'
import { retry } from '../retry.ts'
import type { SinkBinding } from '../sink.ts'

/** A run whose index is at hand. */
export interface IndexedRun {
  readonly run: CarriedRun
  readonly index: RunIndex
}

/** Whole blocks that are read at once, and what of them is wanted. */
interface Window {
  readonly from: number
  to: number
  /** Whether it holds nothing but a piece of one object. */
  readonly isWide: boolean
  readonly parts: { readonly entry: RunEntry; readonly from: number; readonly to: number }[]
}

export interface RowsOptions {
  readonly isWanted: (serial: number) => boolean
  /** Bytes that are read at once, in whole blocks, of objects that hold few. */
  readonly narrow: number
  /** The same of an object that holds more than that. */
  readonly wide: number
  /** What is charged with that. */
  readonly memory: Account
}

/** Those of a run's objects that are wanted, in the order of their serials. */
export function* wantedOf(
  { index }: IndexedRun,
  isWanted: (serial: number) => boolean,
): Generator<RunEntry, undefined> {
  for (const entry of index.entries()) if (isWanted(entry.serial)) yield entry
}

/**
 * The rows that a run holds of some objects, in the order of their serials, piece by piece. Holds what is read at once twice, but of an object that holds much
 * nothing before its turn has come, and nothing after it.
 */
export class RunRows {
  readonly #run: IndexedRun
  readonly #binding: SinkBinding
  readonly #memory: Account
  readonly #windows: Generator<Window, undefined>
  #next: Window | undefined
  #ahead: Promise<Buffer> | undefined
  /** What is handed out: its parts from one on. */
  #open: { readonly window: Window; readonly bytes: Buffer; part: number } | undefined

  constructor(run: IndexedRun, options: RowsOptions, binding: SinkBinding) {
    this.#run = run
    this.#binding = binding
    this.#memory = options.memory
    this.#windows = windowsOf(wantedOf(run, options.isWanted), options.narrow, options.wide)
    this.#next = this.#windows.next().value
  }

  /**
   * The next piece: all of an object's rows, or a part of them.
   *
   * @throws SluiceError 'corrupt' when they are not as they were written
   */
  async next(): Promise<Buffer> {
    const open = (this.#open ??= await this.#advance())
    const { window, bytes } = open
    const { from, to } = window.parts[open.part++] as Window['parts'][number]
    if (open.part === window.parts.length) {
      this.#open = undefined
      this.#memory.release(window.to - window.from)
    }
    return bytes.subarray(from - window.from, to - window.from)
  }

  async #advance() {
    const window = this.#next as Window
    const reading = this.#ahead ?? this.#read(window)
    const next = (this.#next = this.#windows.next().value)
    this.#ahead = next && isNext(window, next) ? this.#read(next) : undefined
    return { window, bytes: await reading, part: 0 }
  }

  #read(window: Window): Promise<Buffer> {
    this.#memory.charge(window.to - window.from)
    const bytes = readBlocks(this.#run, window, this.#binding)
    // seen when its turn comes; never unhandled
    bytes.catch(() => undefined)
    return bytes
  }
}

/** Whether the second of two windows is needed as soon as the first one has been handed out, or is small anyway. */
const isNext = ({ parts }: Window, next: Window): boolean =>
  !next.isWide || next.parts[0]?.entry === parts.at(-1)?.entry

/** Windows that cover all entries: no block is read twice but where a wide one begins or ends, and of what nobody wants not more than one lies in between. */
function* windowsOf(
  entries: Iterable<RunEntry>,
  narrow: number,
  wide: number,
): Generator<Window, undefined> {
  let window: Window | undefined
  for (const entry of entries) {
    const isWide = entry.to - entry.from > narrow
    const width = blocksOf(isWide ? wide : narrow)
    for (let at = entry.from; at < entry.to;) {
      const from = Math.floor(at / BLOCK) * BLOCK
      const isOver = (there: Window): boolean =>
        there.isWide !== isWide || from > there.to + BLOCK || at >= there.from + width
      if (window && isOver(window)) {
        yield window
        window = undefined
      }
      window ??= { from, to: from, isWide, parts: [] }
      const to = Math.min(entry.to, window.from + width)
      window.parts.push({ entry, from: at, to })
      window.to = Math.max(window.to, Math.ceil(to / BLOCK) * BLOCK)
      at = to
    }
    if (window?.isWide) {
      yield window
      window = undefined
    }
  }
  if (window) yield window
}

/** Whole blocks of so many bytes together, at least one. */
const blocksOf = (bytes: number): number => Math.max(1, Math.floor(bytes / BLOCK)) * BLOCK

async function readBlocks(
  { run, index }: IndexedRun,
  { from, to }: Window,
  binding: SinkBinding,
): Promise<Buffer> {
  const bytes = await readRun(run, from, Math.min(to, index.size), binding)
  for (let at = 0; at < bytes.length; at += BLOCK)
    if (sha256(bytes.subarray(at, at + BLOCK)) !== index.hashOf((from + at) / BLOCK))
      throw unreadable(run.spans[0]?.bundle ?? '', 'altered', binding)
  return bytes
}

/** Bytes of a run, counted from its first one. */
async function readRun(
  run: CarriedRun,
  from: number,
  to: number,
  binding: SinkBinding,
): Promise<Buffer> {
  const pieces: Buffer[] = []
  for (const span of spansOf(run, from, to))
    pieces.push(await readBundle(span.bundle, span.from, span.to, binding))
  return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
}

/** @throws SluiceError 'corrupt' when the bundle is gone, or ends before that */
export async function readBundle(
  bundle: string,
  from: number,
  to: number,
  binding: SinkBinding,
): Promise<Buffer> {
  const { store, retry: options } = binding
  const bytes = await retry(() => store.get(bundle, { from, to }), options)
  if (bytes?.length === to - from) return bytes
  throw unreadable(bundle, bytes ? 'altered' : 'gone', binding)
}

export const unreadable = (
  bundle: string,
  how: 'altered' | 'gone',
  { store }: SinkBinding,
): SluiceError =>
  new SluiceError(
    'corrupt',
    `rows of an open object in ${bundle} of ${store.place} are ${how}; restore that object, then start again`,
  )
