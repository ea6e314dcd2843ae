import { createHash } from 'node:crypto'
import type { Bundle } from '../commit/bundle.ts'
import type { CarriedRun, Span } from '../commit/record.ts'
import { BLOCK, RunIndexWriter } from '../commit/run-index.ts'
import type { Account } from '../memory.ts'
import type { SinkBinding } from '../sink.ts'

/** Writes a run of carried rows into an epoch's bundle, block by block, in the order of its objects' serials. */
export class RunWriter {
  readonly #bundle: Bundle
  readonly #index = new RunIndexWriter()
  readonly #spans: Span[] = []
  /** Of the block that is not full yet. */
  #pieces: Buffer[] = []
  #filled = 0
  #rows = 0

  constructor(bundle: Bundle) {
    this.#bundle = bundle
  }

  /** Add bytes of the object that comes next. They stay as they are until its block is full. */
  write(piece: Buffer): void {
    for (let rest = piece; rest.length > 0;) {
      const part = rest.subarray(0, BLOCK - this.#filled)
      this.#pieces.push(part)
      this.#filled += part.length
      rest = rest.subarray(part.length)
      if (this.#filled === BLOCK) this.#endBlock()
    }
  }

  /** These were the object's rows. */
  add(serial: number, rows: number, bytes: number): void {
    this.#index.add(serial, rows, bytes)
    this.#rows += rows
  }

  /** Resolves when the bundle has room for more. @param memory what its bytes are charged to */
  async room(memory: Account, binding: SinkBinding): Promise<void> {
    if (this.#bundle.size < binding.share()) return
    memory.release(await this.#bundle.spill(binding.store, binding.retry))
  }

  /** The run, and the bytes of its index. */
  end(level: number): { readonly run: CarriedRun; readonly index: Buffer } {
    if (this.#filled > 0) this.#endBlock()
    const index = this.#index.bytes()
    const run = { level, rows: this.#rows, spans: this.#spans, index: this.#bundle.add(index) }
    return { run, index }
  }

  #endBlock(): void {
    // a copy, so that nothing else stays in memory with it
    const block = Buffer.concat(this.#pieces, this.#filled)
    this.#pieces = []
    this.#filled = 0
    this.#index.hash(createHash('sha256').update(block).digest())
    const from = this.#bundle.size
    this.#bundle.put(block)
    const to = this.#bundle.size
    const bundle = this.#bundle.key
    const last = this.#spans.at(-1)
    if (last?.bundle === bundle && last.to === from)
      this.#spans[this.#spans.length - 1] = { ...last, to }
    else this.#spans.push({ bundle, from, to })
  }
}
