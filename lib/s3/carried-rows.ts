import type { Bundle } from '../commit/bundle.ts'
import { type CarriedRun, sha256 } from '../commit/record.ts'
import { RunIndex } from '../commit/run-index.ts'
import type { Account } from '../memory.ts'
import { recycle } from '../row-buffer.ts'
import type { SinkBinding } from '../sink.ts'
import type { Growth } from './growth.ts'
import { type IndexedRun, type RowPiece, readBundle, rowsOf, unreadable } from './run-reader.ts'
import { RunWriter } from './run-writer.ts'

/** So many runs of one level are merged into one of the next. */
const FAN_IN = 16

/** Runs that hold more than this together are not merged: what they hold of an object is long enough to be read by itself. */
const MOST_MERGED = 1024 ** 3

/** What is read at a time of all runs together, in bytes, where they are not too many for that. */
const READ = 1024 * 1024

const NOTHING = Buffer.alloc(0)

/** What stands between two runs of an object's rows; undefined for one that the epoch that is staged does not carry on. */
export type JointOf = (serial: number) => Buffer | undefined

/** What takes the rows of a finished object: a run for each that holds some. */
export type RunTaker = Pick<Growth, 'beginRun' | 'addRows' | 'room'>

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
  async reader(serials: ReadonlySet<number>, memory: Account): Promise<CarriedReader> {
    await this.#ready()
    const isWanted = (serial: number): boolean => serials.has(serial)
    const options = { isWanted, width: widthOf(this.#runs), memory }
    return new CarriedReader(this.#runs.map((run) => rowsOf(run, options, this.#binding)))
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
      const size = level.slice(0, FAN_IN).reduce((sum, { index }) => sum + index.size, 0)
      if (level.length >= FAN_IN && size <= MOST_MERGED) return level.slice(0, FAN_IN)
    }
    return undefined
  }

  /** Replace runs by one that holds what is still open of them. Each object's rows stay in their order. */
  async #merge(runs: readonly IndexedRun[], bundle: Bundle, memory: Account): Promise<void> {
    const writer = new RunWriter(bundle)
    const options = { isWanted: this.#isOpen, width: widthOf(runs), memory }
    const heads = await Promise.all(runs.map((run) => Head.of(rowsOf(run, options, this.#binding))))
    for (let serial = lowest(heads); serial < Infinity; serial = lowest(heads)) {
      let [rows, bytes] = [0, 0]
      const write = (piece: Buffer): void => {
        memory.charge(piece.length)
        writer.write(piece)
        bytes += piece.length
      }
      for (const head of heads) {
        if (head.serial !== serial) continue
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

/** Hands out the rows of finished objects, one object after the other. */
export class CarriedReader {
  readonly #runs: readonly AsyncGenerator<RowPiece>[]
  #heads: readonly Head[] | undefined

  constructor(runs: readonly AsyncGenerator<RowPiece>[]) {
    this.#runs = runs
  }

  /** Hand over the rows of the next object, a run for each that has some. */
  async addTo(taker: RunTaker, serial: number): Promise<void> {
    this.#heads ??= await Promise.all(this.#runs.map((pieces) => Head.of(pieces)))
    for (const head of this.#heads) {
      if (head.serial !== serial) continue
      taker.beginRun()
      await head.take(async (piece) => {
        taker.addRows([piece])
        await taker.room()
      })
    }
  }
}

/** The next object of a run that is read. */
class Head {
  readonly #pieces: AsyncGenerator<RowPiece>
  #next: RowPiece | undefined

  private constructor(pieces: AsyncGenerator<RowPiece>) {
    this.#pieces = pieces
  }

  static async of(pieces: AsyncGenerator<RowPiece>): Promise<Head> {
    const head = new Head(pieces)
    await head.#advance()
    return head
  }

  /** Of the next object; `Infinity` after the last. */
  get serial(): number {
    return this.#next?.entry.serial ?? Infinity
  }

  /** Of the next object. */
  get rows(): number {
    return this.#next?.entry.rows ?? 0
  }

  /** Hand over all that the run holds of the next object. */
  async take(each: (piece: Buffer) => Promise<void>): Promise<void> {
    const { serial } = this
    while (this.#next?.entry.serial === serial) {
      await each(this.#next.piece)
      await this.#advance()
    }
  }

  async #advance(): Promise<void> {
    const { value } = await this.#pieces.next()
    this.#next = value as RowPiece | undefined
  }
}

const lowest = (heads: readonly Head[]): number =>
  heads.reduce((low, { serial }) => Math.min(low, serial), Infinity)

/** Bytes of each run that are read at once: two times that is under way. */
const widthOf = (runs: readonly IndexedRun[]): number => READ / 2 / Math.max(1, runs.length)

const indexed = ({ run, index }: ReturnType<RunWriter['end']>): IndexedRun => ({
  run,
  index: new RunIndex(index),
})
