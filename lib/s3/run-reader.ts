import type { CarriedRun } from '../commit/record.ts'
import { sha256 } from '../commit/record.ts'
import { BLOCK, type RunEntry, type RunIndex, spansOf } from '../commit/run-index.ts'
import { SluiceError } from '../errors.ts'
import type { Account } from '../memory.ts'
import { readAhead } from '../read-ahead.ts'
import { retry } from '../retry.ts'
import type { SinkBinding } from '../sink.ts'

/** A run whose index is at hand. */
export interface IndexedRun {
  readonly run: CarriedRun
  readonly index: RunIndex
}

/** Rows of one object, or a part of them. */
export interface RowPiece {
  readonly entry: RunEntry
  readonly piece: Buffer
}

/** Whole blocks that are read at once, and what of them is wanted. */
interface Window {
  readonly from: number
  to: number
  readonly parts: { readonly entry: RunEntry; readonly from: number; readonly to: number }[]
}

export interface RowsOptions {
  readonly isWanted: (serial: number) => boolean
  /** Bytes that are read at once, in whole blocks. */
  readonly width: number
  /** What is charged with that. */
  readonly memory: Account
}

/**
 * The rows that a run holds of some objects, in the order of their serials. Holds what is read at once twice.
 *
 * @throws SluiceError 'corrupt' when they are not as they were written
 */
export async function* rowsOf(
  indexed: IndexedRun,
  { isWanted, width, memory }: RowsOptions,
  binding: SinkBinding,
): AsyncGenerator<RowPiece> {
  const { index } = indexed
  const read = async (window: Window) => {
    memory.charge(window.to - window.from)
    return { window, bytes: await readBlocks(indexed, window, binding) }
  }
  const windows = windowsOf(wanted(index, isWanted), width)
  for await (const { window, bytes } of readAhead(windows, 2, read)) {
    for (const { entry, from, to } of window.parts)
      yield { entry, piece: bytes.subarray(from - window.from, to - window.from) }
    memory.release(window.to - window.from)
  }
}

function* wanted(index: RunIndex, isWanted: (serial: number) => boolean): Generator<RunEntry> {
  for (const entry of index.entries()) if (isWanted(entry.serial)) yield entry
}

/** Windows that cover all entries: no block is read twice, and of what nobody wants not more than one lies in between. */
function* windowsOf(entries: Iterable<RunEntry>, most: number): Generator<Window> {
  const width = Math.max(1, Math.floor(most / BLOCK)) * BLOCK
  let window: Window | undefined
  for (const entry of entries)
    for (let at = entry.from; ;) {
      const start = Math.floor(at / BLOCK) * BLOCK
      if (window && (start > window.to + BLOCK || at >= window.from + width)) {
        yield window
        window = undefined
      }
      window ??= { from: start, to: start, parts: [] }
      const to = Math.min(entry.to, window.from + width)
      window.parts.push({ entry, from: at, to })
      window.to = Math.max(window.to, Math.ceil(to / BLOCK) * BLOCK)
      at = to
      if (at >= entry.to) break
    }
  if (window) yield window
}

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
