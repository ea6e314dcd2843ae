import { RecordedAnswers } from '../../answers.ts'
import { systemClock } from '../../clock.ts'
import { systemPrefix } from '../../commit/chain.ts'
import { type CommitRecord, sha256 } from '../../commit/record.ts'
import { SluiceError } from '../../errors.ts'
import type { ObjectStore } from '../../ports.ts'
import { retry } from '../../retry.ts'
import { readRows } from '../../table/rows.ts'
import type { PipelineTable, TableVersion } from '../../table/table.ts'
import { tableKey } from '../../table/tables.ts'
import { NotCheckable } from './epoch-input.ts'

/** What came into a lane from outside when it ran first: answers, and versions of tables. Holds one epoch's answers, and one version of each table. */
export class External {
  readonly #tables: readonly PipelineTable<unknown>[]
  readonly #store: ObjectStore
  readonly #answers = new Map<string, RecordedAnswers>()
  /** The newest version of each: most epochs have that of the one before. */
  readonly #versions = new Map<string, TableVersion>()

  constructor(tables: readonly PipelineTable<unknown>[], store: ObjectStore) {
    this.#tables = tables
    this.#store = store
  }

  /** What an operator is answered, in the epoch that `begin` was called for last. */
  answersOf(operator: string): RecordedAnswers {
    const answers = new RecordedAnswers()
    this.#answers.set(operator, answers)
    return answers
  }

  /** The epoch of a record begins. @throws NotCheckable when something is not there any more */
  async begin(record: CommitRecord): Promise<void> {
    for (const [operator, answers] of this.#answers)
      answers.begin(await this.#answered(record, operator))
    for (const table of this.#tables) {
      const hash = record.recorded.tables?.[table.id]
      if (hash !== undefined) table.use(await this.#version(table, hash, record))
    }
  }

  /** @throws SluiceError 'corrupt' when the epoch has ended and less was asked than had been answered */
  end(): void {
    for (const [operator, { left }] of this.#answers)
      if (left > 0)
        throw new SluiceError(
          'corrupt',
          `${operator} was given ${left} more answers than it asks for now`,
        )
  }

  async #answered(
    { recorded, index }: CommitRecord,
    operator: string,
  ): Promise<Buffer | undefined> {
    const segment = recorded.answers?.[operator]
    if (!segment) return undefined
    const { bundle, from, to } = segment
    const bytes = await retry(() => this.#store.get(bundle, { from, to }), { clock: systemClock })
    if (bytes && sha256(bytes) === segment.sha256) return bytes
    throw missing(`what ${operator} was answered in record ${index}`, bundle, bytes)
  }

  async #version(
    table: PipelineTable<unknown>,
    hash: string,
    { lane }: CommitRecord,
  ): Promise<TableVersion> {
    const known = this.#versions.get(table.id)
    if (known?.sha256 === hash) return known
    const key = tableKey(systemPrefix(lane.pipeline), hash)
    const bytes = await retry(() => this.#store.get(key), { clock: systemClock })
    if (!bytes || sha256(bytes) !== hash)
      throw missing(`a version of the table ${table.id}`, key, bytes)
    const read = await readRows(table, bytes, () => systemClock.sleep(0))
    const version = { sha256: hash, ...read }
    this.#versions.set(table.id, version)
    return version
  }
}

const missing = (what: string, key: string, bytes: Buffer | undefined): NotCheckable =>
  new NotCheckable(`${what} is ${bytes ? 'altered' : 'gone'} (${key})`)
