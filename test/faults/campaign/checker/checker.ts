import pLimit from 'p-limit'
import { Complaints } from '../../../support/checker/world.ts'
import { Bucket, type Listed } from '../../trial/bucket-reader.ts'
import { ChainCheck } from '../../trial/chains.ts'
import { readTopic } from '../../trial/kafka-reader.ts'
import { PARTITIONS } from '../input.ts'
import { COPIES, NAME, OUT_OF_ORDER } from '../pipeline.ts'
import { Copies } from './copies.ts'
import { LogReading } from './log-reading.ts'
import { Rows } from './rows.ts'
import { Totals } from './totals.ts'

/** Objects that are read at a time. */
const AT_A_TIME = 8

/** Complaints that are told of each kind. */
const TOLD = 20

const chainOf = (partition: number, stage: '' | 'merge/'): string =>
  `_sluice/${NAME}/${NAME}/${partition}/${stage}commits/`

/** Of each partition, that of the lane that reads it and that of the one that merges. */
const CHAINS = Array.from({ length: PARTITIONS }, (_, partition) => [
  chainOf(partition, ''),
  chainOf(partition, 'merge/'),
]).flat()

/** What is needed of a lane's newest record. */
interface Newest {
  readonly to: number
  readonly open?: Readonly<Record<string, { readonly rows: number }>>
}

/**
 * Holds bucket and topics against what was produced, by kafkajs and the AWS SDK alone: each offset once in the archive or among the rejects, each picture,
 * message and total once and unaltered, and chains that say so. Shares no code with the runtime.
 *
 * Can be asked again and again: what was read is not read anew, but each object has to be there with the entity tag that it had. Holds about seven bytes for
 * each record, and a line for each object.
 */
export class Checker {
  readonly #broker: string
  readonly #bucket: Bucket
  readonly #complaints = new Complaints()
  readonly #totals = new Totals(this.#complaints)
  readonly #log = new LogReading(this.#complaints, (...reading) => this.#totals.add(...reading))
  readonly #rows = new Rows(this.#log, this.#totals, this.#complaints)
  readonly #copies = new Copies(this.#log, this.#complaints)
  readonly #chains = new ChainCheck()
  readonly #logPosition = new Map<number, number>()
  readonly #copiesPosition = new Map<number, number>()
  /** Entity tags of the objects that were read. */
  readonly #read = new Map<string, string>()
  readonly #records = new Set<string>()

  /** @param variables lead to the services */
  constructor(variables: Readonly<Record<string, string | undefined>>) {
    this.#broker = variables['KAFKA_BROKERS']!
    this.#bucket = new Bucket(variables)
  }

  /** Read what was produced since. */
  async readLog(): Promise<void> {
    await readTopic(this.#broker, NAME, this.#logPosition, (record) => this.#log.take(record))
  }

  /** By partition, the number of the next record that is to be produced, as far as the log has been read. */
  get next(): number[] {
    return this.#log.partitions.map(({ next }) => next)
  }

  /** Lanes that have not committed all of the log as far as it has been read, or hold rows back. */
  async behind(): Promise<string[]> {
    const lanes = this.#log.partitions.map(async ({ numbers: { length } }, partition) => {
      const [newest] = await this.#list(chainOf(partition, ''), 1)
      if (!newest) return length > 0 ? [`lane ${partition} has committed nothing`] : []
      const { bytes } = await this.#bucket.get(newest.key)
      const { to, open = {} } = JSON.parse(bytes.toString()) as Newest
      const rows = Object.values(open).reduce((sum, each) => sum + each.rows, 0)
      return to === length && rows === 0
        ? []
        : [`lane ${partition} is at ${to} of ${length}, and holds ${rows} rows`]
    })
    return (await Promise.all(lanes)).flat()
  }

  /** Objects that readers see, as of the last look. */
  get objects(): number {
    return this.#read.size
  }

  /** Commit records, as of the last look. */
  get commits(): number {
    return this.#records.size
  }

  /** Repeats among the messages, as of the last look. */
  get repeats(): number {
    return this.#copies.repeated
  }

  /**
   * What is wrong now; empty when nothing is.
   *
   * @param ended whether a finite run has closed all windows
   */
  async look(ended: boolean): Promise<string[]> {
    await this.readLog()
    await readTopic(this.#broker, COPIES, this.#copiesPosition, (record) =>
      this.#copies.take(record),
    )
    // before the records: what is visible then is listed by now
    const visible = await this.#list(`${NAME}/`)
    await this.#readRecords()
    await this.#readObjects(visible)
    const gone = this.#gone(visible)
    return [
      ...this.#complaints.all,
      ...this.#chains.complaints.slice(0, TOLD),
      ...gone.slice(0, TOLD),
      ...this.#chains.missing().slice(0, TOLD),
      ...this.#rows.missing().slice(0, TOLD),
      ...this.#copies.missing().slice(0, TOLD),
      ...this.#totals.wrong(ended ? Infinity : this.#watermark).slice(0, TOLD),
    ]
  }

  close(): void {
    this.#bucket.close()
  }

  /** As far as event time has come in all partitions. */
  get #watermark(): number {
    return Math.min(...this.#log.partitions.map(({ newest }) => newest)) - OUT_OF_ORDER
  }

  async #list(prefix: string, most?: number): Promise<Listed[]> {
    const listed: Listed[] = []
    for await (const each of this.#bucket.list(prefix, most)) listed.push(each)
    return listed
  }

  async #readRecords(): Promise<void> {
    const fresh: string[] = []
    for (const chain of CHAINS) fresh.push(...(await this.#freshIn(chain)))
    for await (const record of this.#get(fresh)) {
      this.#records.add(record.key)
      this.#chains.record(record)
    }
  }

  /** Records of a chain that were not read yet, the oldest first. Keys are inverted: the newest is listed first. */
  async #freshIn(chain: string): Promise<string[]> {
    const fresh: string[] = []
    for await (const { key } of this.#bucket.list(chain)) {
      if (this.#records.has(key)) break
      fresh.push(key)
    }
    return fresh.toReversed()
  }

  async #readObjects(visible: readonly Listed[]): Promise<void> {
    const fresh = visible.filter(({ key }) => !this.#read.has(key))
    for await (const object of this.#get(fresh.map(({ key }) => key))) {
      this.#chains.object(object)
      this.#rows.object(object)
    }
    for (const { key, etag } of fresh) this.#read.set(key, etag)
  }

  /** What was read, and is not there any more as it was. */
  #gone(visible: readonly Listed[]): string[] {
    const etags = new Map(visible.map(({ key, etag }) => [key, etag]))
    return Array.from(this.#read).flatMap(([key, etag]) => {
      const now = etags.get(key)
      if (now === undefined) return [`${key}: it was there, and is gone`]
      return now === etag ? [] : [`${key}: it was another object`]
    })
  }

  /** Objects in the order of their keys as they are given, some read ahead. */
  async *#get(keys: readonly string[]): AsyncGenerator<Awaited<ReturnType<Bucket['get']>>> {
    const limit = pLimit(AT_A_TIME)
    for (let from = 0; from < keys.length; from += 4 * AT_A_TIME) {
      const some = keys.slice(from, from + 4 * AT_A_TIME)
      yield* await Promise.all(some.map((key) => limit(() => this.#bucket.get(key))))
    }
  }
}
