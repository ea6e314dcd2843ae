import type { Bundle } from '../commit/bundle.ts'
import type { Because, StagedObject } from '../commit/record.ts'
import type { Account } from '../memory.ts'
import { readAhead } from '../read-ahead.ts'
import type { SinkBinding } from '../sink.ts'
import type { CarriedRows } from './carried-rows.ts'
import type { RunHeads, RunTaker } from './run-heads.ts'
import { addCarriedSegments } from './carried-segments.ts'
import type { Compression } from './compression.ts'
import type { Format } from './format/format.ts'
import { FreeNames } from './free-names.ts'
import { LARGE } from './growth.ts'
import type { Naming } from './naming.ts'
import { type ClosedObject, closedSize, type OpenObject } from './open-object.ts'
import {
  type AddCarried,
  checkFree,
  type Leaving,
  send,
  stage,
  type StageOptions,
} from './stage.ts'

export interface FinishedOptions {
  readonly sink: string
  readonly format: Format<never>
  readonly compression: Compression | undefined
}

/** Keys that are asked for ahead of the one whose answer is waited for. */
const CHECKED_AHEAD = 32

/** A finished object, and where it left within its epoch. */
interface Finished {
  readonly closed: ClosedObject
  readonly leaving?: Leaving
}

/** What an epoch has finished, to be staged while the next one runs. */
export interface FinishedEpoch {
  /** Bytes of memory that its rows take. */
  readonly held: number
  stage(bundle: Bundle, memory: Account): Promise<StagedObject[]>
}

/** The objects of a sink that the running epoch has finished. */
export class FinishedObjects {
  readonly #options: FinishedOptions
  readonly #binding: SinkBinding
  readonly #naming: Naming
  readonly #names: FreeNames | undefined
  readonly #rows: CarriedRows
  #finished: Finished[] = []
  /** Resolves when the last object that left within its epoch has. */
  #leaving: Promise<unknown> = Promise.resolve()

  constructor(options: FinishedOptions, binding: SinkBinding, naming: Naming, rows: CarriedRows) {
    this.#options = options
    this.#binding = binding
    this.#naming = naming
    this.#names = naming.isSettledLate ? new FreeNames(naming, binding) : undefined
    this.#rows = rows
  }

  get any(): boolean {
    return this.#finished.length > 0
  }

  /** Give an object its name, if it has none; a large one leaves at once, unless its name is still to be settled. */
  add(object: OpenObject, because: Because): void {
    object.named ??= this.#naming.next(object)
    const closed = { object, because, ...object.named }
    if (this.#names || closedSize(object) < LARGE) this.#finished.push({ closed })
    else this.#finished.push({ closed, leaving: this.#send(closed) })
  }

  /** What the epoch has finished; the next one begins. */
  take(): FinishedEpoch {
    const finished = this.#finished
    this.#finished = []
    const options = this.#stageOptions()
    return {
      held: finished.reduce((sum, { closed: { object } }) => sum + object.fresh.held, 0),
      stage: (bundle, memory) => this.#stage(finished, bundle, memory, options),
    }
  }

  /** Send a large object off at once, so that the epoch need not end for want of memory. */
  #send(closed: ClosedObject): Leaving {
    const { memory } = this.#binding
    // its rows in bundles have to be there, and those of others to have left, so that of many objects few are in memory
    const after = Promise.all([this.#leaving, this.#binding.committed()])
    after.catch(() => undefined) // the lane is told of a failed commit by others
    const { object } = closed
    const leaving = send(closed, memory, this.#stageOptions(), this.#binding, async (taker) => {
      await after
      const reader = await this.#rows.reader(new Set([object.serial]), memory)
      await this.#addCarried(object, taker, reader)
    })
    this.#leaving = leaving.ended.catch(() => undefined)
    return leaving
  }

  #stageOptions(): StageOptions {
    const { sink, format, compression } = this.#options
    const { contentType } = format
    const isWhole = this.#names !== undefined
    return { sink, compression, contentType, isWhole, tokenOf: this.#naming.tokens() }
  }

  async #stage(
    finished: readonly Finished[],
    bundle: Bundle,
    memory: Account,
    options: StageOptions,
  ): Promise<StagedObject[]> {
    for (const { leaving } of finished) leaving?.growth.moveTo(memory)
    const settled = await this.#settle(finished, options)
    const bySerial = settled.toSorted((a, b) => serialOf(a) - serialOf(b))
    const serials = new Set(bySerial.filter(({ leaving }) => !leaving).map(serialOf))
    const reader = await this.#rows.reader(serials, memory)
    const staged = new Map<Finished, StagedObject>()
    for (const each of bySerial) {
      const { closed } = each
      const addCarried: AddCarried = (taker) => this.#addCarried(closed.object, taker, reader)
      const leaving = each.leaving ?? send(closed, memory, options, this.#binding, addCarried)
      staged.set(each, await stage(leaving, bundle))
    }
    return settled.map((each) => staged.get(each) as StagedObject)
  }

  async #addCarried(
    { before, serial }: OpenObject,
    taker: RunTaker,
    reader: RunHeads,
  ): Promise<void> {
    if (before) await addCarriedSegments(before.segments, taker, this.#binding)
    if (serial > 0) await reader.addTo(taker, serial)
  }

  /** Whatever they are called, nobody else has their keys. */
  async #settle(
    finished: readonly Finished[],
    { tokenOf }: StageOptions,
  ): Promise<readonly Finished[]> {
    if (this.#names) {
      const closed = await this.#names.settle(finished.map((each) => each.closed))
      return closed.map((each) => ({ closed: each }))
    }
    const check = ({ closed: { key, ordinal } }: Finished): Promise<void> =>
      checkFree(key, tokenOf(ordinal), this.#binding)
    if (this.#naming.mayBeTaken) for await (const _ of readAhead(finished, CHECKED_AHEAD, check));
    return finished
  }
}

const serialOf = ({ closed }: Finished): number => closed.object.serial
