import { Chain } from '../../commit/chain.ts'
import type { CommitRecord, Stored } from '../../commit/record.ts'
import { isOutage, SluiceError } from '../../errors.ts'
import { entriesOf } from '../chain-entries.ts'
import { labelOf } from '../context.ts'
import type { FoundLane } from '../discovery.ts'
import { differencesOf } from './differences.ts'
import { type EpochInput, NotCheckable } from './epoch-input.ts'
import type { Replaying } from './replaying.ts'
import { report, reportFailure } from './reporting.ts'
import { isRemembered, type Memory } from './remembered.ts'
import { Rerun, type Rerunning } from './rerun.ts'

/** Epochs that were not run again, for one reason. */
export interface Unchecked {
  readonly reason: string
  readonly epochs: number
  readonly records: number
  /** Index of the first of them. */
  readonly first: number
}

/** What became of one lane's epochs when they were run again. */
export interface LaneReplayReport {
  readonly lane: string
  /** Run again, and compared. */
  readonly epochs: number
  /** Their records. */
  readonly records: number
  /** Objects that they came to. */
  readonly objects: number
  readonly unchecked: readonly Unchecked[]
}

const UNKNOWN = 'what the lane remembered is not known any more'

/** Runs the epochs of one lane again, from the oldest after which its memory is known, and holds what they come to against their records. */
export class LaneReplay {
  readonly #found: FoundLane
  readonly #replaying: Replaying
  readonly #input: EpochInput
  #rerun: Rerun | undefined
  /** The record after which the next epoch runs. */
  #before: CommitRecord | undefined
  /** Why there is no `#rerun`. */
  #reason = UNKNOWN
  /** Why what the lane remembered was given up, until it is known again. */
  #lost: string | undefined
  readonly #unchecked = new Map<string, Unchecked>()
  #epochs = 0
  #records = 0
  #objects = 0

  constructor(found: FoundLane, input: EpochInput, replaying: Replaying) {
    this.#found = found
    this.#input = input
    this.#replaying = replaying
  }

  async run(): Promise<LaneReplayReport> {
    const { lane, newest } = this.#found
    const { store, clock } = this.#replaying
    try {
      for await (const { index, stored } of entriesOf(new Chain(lane, store, clock), newest))
        if (stored) await this.#take(stored)
        else this.#lose(`record ${index} cannot be read, and they follow it`)
    } finally {
      this.#rerun?.close()
      await this.#input.restart()
    }
    return {
      lane: labelOf(lane),
      epochs: this.#epochs,
      records: this.#records,
      objects: this.#objects,
      unchecked: [...this.#unchecked.values()],
    }
  }

  async #take({ record }: Stored): Promise<void> {
    if (record.kind === 'commit') await this.#commit(record)
    if (record.kind === 'claim' || !this.#rerun) await this.#reopen(record)
    this.#before = record
  }

  async #commit(record: CommitRecord): Promise<void> {
    const [rerun, before] = [this.#rerun, this.#before]
    if (!rerun || !before) return this.#pass(record, this.#reason)
    try {
      const rerunning = await rerun.epoch(record, this.#input.feed(record, before))
      const isOther = await this.#compare(record, before, rerun, rerunning)
      await this.#replaying.partials.keep(record, rerunning)
      await rerun.settle(rerunning)
      if (isOther)
        this.#lose(
          `they follow record ${record.index}, after which the lane remembers something else now`,
        )
    } catch (error) {
      if (error instanceof NotCheckable) return this.#skip(record, error.message)
      if (!(error instanceof Error) || isOutage(error)) throw error
      reportFailure(record, error, this.#replaying)
      this.#lose(`record ${record.index} cannot be run again, and they follow it`)
    }
  }

  /** Report all that is not as recorded; says whether what follows is another than it was. */
  async #compare(
    record: CommitRecord,
    before: CommitRecord,
    rerun: Rerun,
    rerunning: Rerunning,
  ): Promise<boolean> {
    const differences = [
      ...differencesOf(record, rerunning.facts, Math.min(rerun.memory.v, record.v)),
    ]
    const excuse = excuseOf(record)
    if (differences.length > 0 && excuse !== undefined) throw new NotCheckable(excuse)
    this.#epochs++
    this.#records += record.records
    this.#objects += record.objects.length
    const reported = { record, before, memory: rerun.memory, rerun, rerunning, input: this.#input }
    for (const difference of differences) await report(difference, reported, this.#replaying)
    return differences.some(({ lasting }) => lasting)
  }

  /** Bring the lane to life after a record, if what comes after it can be run again. */
  async #reopen(record: CommitRecord): Promise<void> {
    const memory = this.#rerun?.memory
    this.#close()
    if (record.index === this.#found.newest) return
    const problem = this.#input.problemAfter(record) ?? this.#replaying.problemWith(record)
    if (problem === undefined) this.#rerun = await this.#revived(record, memory)
    this.#reason = problem ?? this.#lost ?? UNKNOWN
    if (this.#rerun) this.#lost = undefined
  }

  /** Undefined where what the lane remembered is not there any more, or altered. */
  async #revived(record: CommitRecord, memory: Memory | undefined): Promise<Rerun | undefined> {
    if (!memory && !(await isRemembered(record, this.#replaying))) return undefined
    try {
      return await Rerun.after(record, memory, this.#replaying.rerunOptions(record))
    } catch (error) {
      if (error instanceof SluiceError && error.code === 'corrupt') return undefined
      throw error
    }
  }

  /** This epoch and those that follow it are not checkable. */
  #skip(record: CommitRecord, reason: string): void {
    this.#pass(record, reason)
    this.#lose(reason)
  }

  #pass({ index, records }: CommitRecord, reason: string): void {
    const {
      epochs,
      first,
      records: before,
    } = this.#unchecked.get(reason) ?? {
      epochs: 0,
      records: 0,
      first: index,
    }
    this.#unchecked.set(reason, { reason, epochs: epochs + 1, records: before + records, first })
  }

  #lose(reason: string): void {
    this.#close()
    this.#reason = this.#lost = reason
  }

  #close(): void {
    this.#rerun?.close()
    this.#rerun = undefined
  }
}

/** What a record does not tell that was written before such things were kept: a difference may be due to that. */
function excuseOf({ recorded, reasons, options }: CommitRecord): string | undefined {
  if (options === undefined) return 'they were written before the values of options were recorded'
  if (Object.keys(reasons).length > 0 && recorded.rejects === undefined)
    return 'they were written before the order of rejects was recorded'
  return undefined
}
