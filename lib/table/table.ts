import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkKnown, kindOf } from '../argument-check.ts'
import { checkDuration, type Duration, minutes } from '../duration.ts'
import { SluiceError } from '../errors.ts'
import { checkSchema, type StandardSchema } from '../standard-schema.ts'

/** Rows by their key. A `Map` is one too. */
export interface Table<out R> {
  get(key: string): R | undefined
}

/** What is read, and how: by the ending of its name, `.csv` with a header line, `.json`, or `.jsonl`. */
export interface TableOptions<R> {
  /** A file: a path from the working directory, or a URL such as `new URL('./regions.csv', import.meta.url)`. */
  readonly file?: string | URL
  /** An object in the bucket, by its key. */
  readonly object?: string
  /** The column that rows are looked up by. */
  readonly key: string
  /** What a row is; it may transform, since all columns of a CSV file are texts. Without one all columns have to be texts. */
  readonly schema?: StandardSchema<unknown, R>
  /** How often it is looked at whether it has changed, at most. Default: one minute. */
  readonly refresh?: Duration
}

const KNOWN: Readonly<Record<keyof TableOptions<unknown>, true>> = {
  file: true,
  object: true,
  key: true,
  schema: true,
  refresh: true,
}

/** One content of a table. */
export interface TableVersion {
  readonly sha256: string
  readonly rows: ReadonlyMap<string, unknown>
  /** Bytes of memory that it takes, roughly. */
  readonly held: number
}

export type TableFormat = 'csv' | 'json' | 'jsonl'

const FORMATS: Readonly<Record<string, TableFormat>> = {
  csv: 'csv',
  json: 'json',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
}

/**
 * A table of a pipeline in one lane. Within an epoch it stays one version, whatever becomes of the file: the lane changes it when the next one begins.
 */
export class PipelineTable<R = Readonly<Record<string, string>>> implements Table<R> {
  /** What it is read from, for people and in records: a file's name or an object's key. */
  readonly id: string
  readonly options: TableOptions<R>
  readonly format: TableFormat
  readonly refresh: Duration
  #version: TableVersion | undefined

  /** @throws SluiceError 'config' for options that contradict each other */
  constructor(options: TableOptions<R>) {
    checkKnown('table', options, KNOWN)
    const { file, object, key, schema, refresh = minutes(1) } = options
    if ((file === undefined) === (object === undefined))
      throw new SluiceError('config', 'a table needs either file or object')
    if (file instanceof URL && file.protocol !== 'file:')
      throw new SluiceError('config', `a table is no file at ${file.href}: give it a file: URL`)
    this.options = options
    this.id = file === undefined ? (object as string) : nameOf(file)
    const ending = /\.([^./]+)$/.exec(this.id)?.[1] ?? ''
    const format = FORMATS[ending]
    if (!format)
      throw new SluiceError('config', `the table ${this.id} has to end in .csv, .json or .jsonl`)
    this.format = format
    if (typeof key !== 'string')
      throw new SluiceError(
        'config',
        `key of the table ${this.id} is the name of a column, not ${kindOf(key)}`,
      )
    if (schema !== undefined) checkSchema(`schema of the table ${this.id}`, schema)
    checkDuration(`refresh of the table ${this.id}`, refresh, 1)
    this.refresh = refresh
  }

  /** The version that holds now. */
  get version(): TableVersion {
    if (this.#version) return this.#version
    throw new SluiceError('config', `the table ${this.id} is looked up before its lane has begun`)
  }

  use(version: TableVersion): void {
    this.#version = version
  }

  get(key: string): R | undefined {
    return (this.#version ?? this.version).rows.get(key) as R | undefined
  }
}

/** What a table of this file is called. */
export const nameOf = (file: string | URL): string =>
  typeof file === 'string' ? file : basename(fileURLToPath(file))
