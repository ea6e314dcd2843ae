import type { Clock } from '../clock.ts'
import { sha256 } from '../commit/record.ts'
import { messageOf, SluiceError } from '../errors.ts'
import { Account, type Budget } from '../memory.ts'
import { type ObjectStore, StoreError } from '../ports.ts'
import { retry } from '../retry.ts'
import { readRows } from './rows.ts'
import { type Files, sourceOf } from './source.ts'
import type { PipelineTable, TableVersion } from './table.ts'

/** A larger table belongs into a service that is asked. */
const MOST_BYTES = 16 * 1024 ** 2

/** Part of the budget for data that all tables together may take. */
const MOST_MEMORY = 0.5

export interface TablesOptions {
  /** Where each version is kept, so that epochs can be run again with it. */
  readonly prefix: string
  readonly store: ObjectStore
  readonly files: Files
  readonly clock: Clock
  readonly budget: Budget
  /** A line for people. */
  readonly note: (text: string) => void
}

/**
 * The tables of a pipeline in one process: reads them, looks whether they have changed, and hands the newest version to each lane when its next epoch
 * begins. A table that breaks while the pipeline runs stays as it was.
 */
export class Tables {
  readonly #tables: readonly PipelineTable<unknown>[]
  readonly #options: TablesOptions
  readonly #memory: Account
  readonly #newest = new Map<string, TableVersion>()
  /** By table, what is wrong with it now. */
  readonly #complaints = new Map<string, string>()

  private constructor(tables: readonly PipelineTable<unknown>[], options: TablesOptions) {
    this.#tables = tables
    this.#options = options
    this.#memory = new Account(options.budget)
  }

  /** @throws SluiceError that names the table which cannot be used */
  static async open(
    tables: readonly PipelineTable<unknown>[],
    options: TablesOptions,
  ): Promise<Tables> {
    const opened = new Tables(tables, options)
    for (const table of tables) await retry(() => opened.#load(table), options)
    return opened
  }

  /** Bytes of memory that they take, roughly. */
  get held(): number {
    return this.#memory.held
  }

  /** An epoch begins in a lane. */
  turn(tables: readonly PipelineTable<unknown>[]): void {
    for (const table of tables) table.use(this.#newest.get(table.id) as TableVersion)
  }

  /** Look after all of them until the signal is aborted. */
  async keepOn(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#tables.map((table) => this.#keepOn(table, signal)))
  }

  async #keepOn(table: PipelineTable<unknown>, signal: AbortSignal): Promise<void> {
    const { clock, note } = this.#options
    while (!signal.aborted) {
      await clock.sleep(table.refresh, signal).catch(() => undefined)
      if (signal.aborted) return
      try {
        const changed = await this.#load(table)
        if (changed) note(`the table ${table.id} has changed: it holds from the next epoch on`)
        this.#complaints.delete(table.id)
      } catch (error) {
        const complaint = messageOf(error)
        if (this.#complaints.get(table.id) !== complaint)
          note(`${complaint}; what it was before holds on until that is mended`)
        this.#complaints.set(table.id, complaint)
      }
    }
  }

  /** Read a table; says whether it is another one than before. */
  async #load(table: PipelineTable<unknown>): Promise<boolean> {
    const { store, clock, prefix } = this.#options
    const bytes = await this.#read(table)
    const hash = sha256(bytes)
    if (this.#newest.get(table.id)?.sha256 === hash) return false
    const { rows, held } = await readRows(table, bytes, () => clock.sleep(0))
    this.#checkMemory(table, held)
    await store.put(tableKey(prefix, hash), bytes, { ifAbsent: true })
    this.#newest.set(table.id, { sha256: hash, rows, held })
    this.#memory.settle([...this.#newest.values()].reduce((sum, version) => sum + version.held, 0))
    return true
  }

  async #read(table: PipelineTable<unknown>): Promise<Buffer> {
    const source = sourceOf(table, this.#options.store, this.#options.files)
    const wrong = (what: string): SluiceError =>
      new SluiceError('config', `the table ${table.id} ${what}: ${source.place}`)
    try {
      const size = await source.size()
      if (size !== undefined && size > MOST_BYTES)
        throw wrong(`has ${size} bytes, more than the ${MOST_BYTES} that a table may have`)
      const bytes = await source.read()
      if (bytes) return bytes
      throw wrong('is not there')
    } catch (error) {
      if (error instanceof StoreError || error instanceof SluiceError) throw error
      throw wrong(`cannot be read (${messageOf(error)})`)
    }
  }

  #checkMemory({ id }: PipelineTable<unknown>, held: number): void {
    const most = this.#options.budget.limit * MOST_MEMORY
    const others = this.held - (this.#newest.get(id)?.held ?? 0)
    if (others + held <= most) return
    throw new SluiceError(
      'memory',
      `the table ${id} takes about ${mega(held)} in memory, and all tables may take ${mega(most)}: raise --memory, or ask a service instead`,
    )
  }
}

/** Where a version of a table is kept, below the prefix of its instance. */
export const tableKey = (prefix: string, hash: string): string => `${prefix}tables/${hash}`

const mega = (bytes: number): string => `${Math.ceil(bytes / 1024 ** 2)} MB`
