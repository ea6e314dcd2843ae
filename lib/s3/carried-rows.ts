import type { Bundle } from '../commit/bundle.ts'
import { type CarriedRun, sha256 } from '../commit/record.ts'
import { BLOCK, RunIndex } from '../commit/run-index.ts'
import type { Account } from '../memory.ts'
import { recycle } from '../row-buffer.ts'
import type { SinkBinding } from '../sink.ts'
import { RunHeads } from './run-heads.ts'
import { type IndexedRun, readBundle, unreadable } from './run-reader.ts'
import { RunWriter } from './run-writer.ts'

/** So many runs of one level are merged into one of the next. */
const FAN_IN = 16

/** As many where what they hold of an object is long by itself: to read it from many places costs little more, and to merge them is to send all of it again. */
const FAN_IN_OF_LONG = 64
const LONG = BLOCK

/** Runs that hold more than this together are not merged: what they hold of an object is long enough to be read by itself. */
const MOST_MERGED = 1024 ** 3

const NOTHING = Buffer.alloc(0)

/** What stands between two runs of an object's rows; undefined for one that the epoch that is staged does not carry on. */
export type JointOf = (serial: number) => Buffer | undefined

/** What an epoch adds to a carried object. */
export interface FreshRows {
  readonly serial: number
  readonly rows: number
  readonly pieces: readonly Buffer[]
}

/**
 * The rows of a sink's open objects that earlier commits have made durable, as runs in bundles: one an epoch, and sixteen of them merged into one, again and
 * again, so that an object that has been open for long is read back from few places. A row is written once more a level.
 */
export class CarriedRows {
  readonly #binding: SinkBinding
  readonly #jointOf: JointOf
  #runs: IndexedRun[] = []
  /** Of a record: read when they are needed. */
  #restored: readonly CarriedRun[] = []
  #reading: Promise<void> | undefined

  constructor(jointOf: JointOf, binding: SinkBinding) {
    this.#jointOf = jointOf
    this.#binding = binding
  }

  /** Take over the runs of a record. */
  restore(runs: readonly CarriedRun[]): void {
    this.#restored = runs
  }

  /**
   * Read finished objects back, those of all runs together: in the order of their serials, and each once.
   *
   * @throws SluiceError 'corrupt' when what the runs hold is not as it was written
   */
  async reader(serials: ReadonlySet<number>, memory: Account): Promise<RunHeads> {
    await this.#ready()
    const isWanted = (serial: number): boolean => serials.has(serial)
    return new RunHeads(this.#runs, isWanted, memory, this.#binding)
  }

  /**
   * Put what an epoch has added into its bundle, after letting go of what nobody needs and merging what has become too many.
   *
   * @returns all runs by then, oldest first
   */
  async add(
    fresh: readonly FreshRows[],
    bundle: Bundle,
    memory: Account,
  ): Promise<readonly CarriedRun[]> {
    await this.#ready()
    this.#runs = this.#runs.filter(({ index }) => index.some(this.#isOpen))
    // one at a time: what comes of it cannot be read before the bundle is saved
    const due = this.#due()
    if (due) await this.#merge(due, bundle, memory)
    if (fresh.length > 0) this.#write(fresh, bundle)
    return this.#runs.map(({ run }) => run)
  }

  #write(fresh: readonly FreshRows[], bundle: Bundle): void {
    const writer = new RunWriter(bundle)
    for (const { serial, rows, pieces } of fresh) {
      let bytes = 0
      for (const piece of pieces) {
        writer.write(piece)
        bytes += piece.length
      }
      writer.add(serial, rows, bytes)
    }
    this.#runs.push(indexed(writer.end(0)))
    for (const { pieces } of fresh) recycle(pieces)
  }

  readonly #isOpen = (serial: number): boolean => this.#jointOf(serial) !== undefined

  async #ready(): Promise<void> {
    this.#reading ??= Promise.all(this.#restored.map((run) => this.#indexed(run))).then(
      (runs) => void this.#runs.push(...runs),
    )
    await this.#reading
  }

  async #indexed(run: CarriedRun): Promise<IndexedRun> {
    const { bundle, from, to, sha256: hash } = run.index
    const bytes = await readBundle(bundle, from, to, this.#binding)
    if (sha256(bytes) !== hash) throw unreadable(bundle, 'altered', this.#binding)
    return { run, index: new RunIndex(bytes) }
  }

  /** The oldest runs of a level that has enough of them; they stand side by side. */
  #due(): readonly IndexedRun[] | undefined {
    for (const { run } of this.#runs) {
      const level = this.#runs.filter((other) => other.run.level === run.level)
      const fanIn = isLong(level) ? FAN_IN_OF_LONG : FAN_IN
      const oldest = level.slice(0, fanIn)
      if (oldest.length === fanIn && sizeOf(oldest) <= MOST_MERGED) return oldest
    }
    return undefined
  }

  /** Replace runs by one that holds what is still open of them. Each object's rows stay in their order. */
  async #merge(runs: readonly IndexedRun[], bundle: Bundle, memory: Account): Promise<void> {
    const writer = new RunWriter(bundle)
    const heads = new RunHeads(runs, this.#isOpen, memory, this.#binding)
    for (let serial = heads.lowest; serial < Infinity; serial = heads.lowest) {
      let [rows, bytes] = [0, 0]
      const write = (piece: Buffer): void => {
        memory.charge(piece.length)
        writer.write(piece)
        bytes += piece.length
      }
      for (const head of heads.at(serial)) {
        if (rows > 0) write(this.#jointOf(serial) ?? NOTHING)
        rows += head.rows
        await head.take(async (piece) => {
          write(piece)
          await writer.room(memory, this.#binding)
        })
      }
      writer.add(serial, rows, bytes)
    }
    const at = this.#runs.indexOf(runs[0] as IndexedRun)
    const level = (runs[0] as IndexedRun).run.level + 1
    this.#runs.splice(at, runs.length, indexed(writer.end(level)))
  }
}

const indexed = ({ run, index }: ReturnType<RunWriter['end']>): IndexedRun => ({
  run,
  index: new RunIndex(index),
})

const sizeOf = (runs: readonly IndexedRun[]): number =>
  runs.reduce((sum, { index }) => sum + index.size, 0)

/** Whether what they hold of an object is long, on average. */
const isLong = (runs: readonly IndexedRun[]): boolean =>
  sizeOf(runs) >= LONG * runs.reduce((sum, { index }) => sum + index.objects, 0)
