import { checkFunction, checkKnown } from './argument-check.ts'
import { type Fingerprints, fingerprints } from './fingerprint.ts'
import { check, checkNames, checkOnce, Flow, type Node, newNode, walk } from './flow.ts'
import { defining } from './definition.ts'
import { SluiceError } from './errors.ts'
import { checkDuration, type Duration } from './duration.ts'
import { type Options, type Values } from './options.ts'
import type { KafkaSinkOptions } from './kafka/sink.ts'
import type { S3Options } from './s3/sink.ts'
import type { Sink } from './sink.ts'
import { PipelineTable, type Table, type TableOptions } from './table/table.ts'
import { isTopicName, type Selection, selects } from './topics.ts'

/** Where a pipeline reads from: one `topic`, or several `topics`. Messages of all of them are in one flow; `message.record.topic` says of which. */
export interface KafkaOptions extends ReadingOptions {
  readonly topic?: string
  /** Names; or a pattern such as `/^orders\./`, which takes up new topics within a minute. */
  readonly topics?: Selection
}

/** How a pipeline reads. */
export interface ReadingOptions {
  /** Most records that pass from the source to the first operator at a time. 500 unless said otherwise, which is also the most. */
  readonly maxPollRecords?: number
  /** Longest wait of a fetch for new records. 500 ms unless said otherwise. */
  readonly pollTimeout?: Duration
  /**
   * What the producers key the topic by, as the text that is the record's key. Where an operator's answer needs equal identities in one partition (`dedupe`), records
   * that are in another than their key's are counted, and the summary says so. A sink whose names are written once (`once`) rejects records that have another key.
   */
  // eslint-disable-next-line typescript/no-explicit-any -- the type of events is only known after parse and validate, further down the flow
  readonly keyedBy?: (event: any) => string
}

/** A checked source. */
export interface Source extends ReadingOptions {
  readonly topics: Selection
}

/** An event that an operator set aside: what the `rejected` flow carries. */
export interface Rejected {
  readonly operator: string
  readonly reason: string
  /** All that is wrong, where there is more than the reason says. */
  readonly problems: readonly string[]
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Which of its record's events it is, from 0, where the record became several. */
  readonly index?: number
  /** The record's own timestamp in ms; -1 where it has none. */
  readonly timestamp: number
  readonly key: string | null
  /** The record's value, or the event's own where it is one of several, in base64; null for a tombstone, and for one that is set aside by reference because of its size. */
  readonly bytes: string | null
  /** The value's first 2,000 characters. */
  readonly text: string | null
  readonly pipeline: string
  /** Index of the commit that it is part of. */
  readonly commit: number
}

/** Kafka, as a definition sees it. */
export interface Kafka {
  /** Read a topic: where the pipeline begins. */
  (options: KafkaOptions): Flow<Buffer | null>
  /** Produce to another: where a flow may end. */
  to<T>(options: KafkaSinkOptions<T>): Sink<T>
}

/** What a pipeline definition is handed: the world, under names. */
export interface Context<O extends Options> {
  readonly kafka: Kafka
  readonly s3: <T>(options: S3Options<T>) => Sink<T>
  /** Rows to look up by a key, from a file or an object in the bucket, read anew when it changes: for `enrich`. */
  readonly table: <R = Readonly<Record<string, string>>>(options: TableOptions<R>) => Table<R>
  /** Events that operators set aside. Without a sink, the first one stops the pipeline. */
  readonly rejected: Flow<Rejected>
  /** Values of the pipeline's own options. */
  readonly options: Values<O>
}

/** What a pipeline is built in. */
export interface World {
  readonly s3: <T>(options: S3Options<T>) => Sink<T>
  readonly kafkaTo: <T>(options: KafkaSinkOptions<T>) => Sink<T>
}

/** A pipeline built once: its own operators and sinks, not yet running. */
export interface Blueprint extends Fingerprints {
  readonly source: Source
  readonly heads: { readonly source: Node; readonly rejected: Node }
  readonly tables: readonly PipelineTable<unknown>[]
}

export interface Pipeline {
  readonly name: string
  readonly options: Options
  /**
   * Run the definition: pure and synchronous, starts nothing. Once at start to check it, and once for every lane.
   *
   * @throws SluiceError 'config' for what cannot run
   */
  build(world: World, values: Readonly<Record<string, unknown>>): Blueprint
}

type Build<O extends Options> = (context: Context<O>) => void

/** Name a pipeline and say how it is built; with options of its own in between where it has any. */
export function definePipeline(name: string, build: Build<Record<never, never>>): Pipeline
export function definePipeline<O extends Options>(
  name: string,
  options: O,
  build: Build<O>,
): Pipeline
export function definePipeline<O extends Options>(
  name: string,
  second: O | Build<O>,
  third?: Build<O>,
): Pipeline {
  const options = typeof second === 'function' ? ({} as O) : second
  const define = typeof second === 'function' ? second : (third as Build<O>)
  if (!/^[a-z0-9][a-z0-9._-]*$/.test(name))
    throw new SluiceError(
      'config',
      `a pipeline cannot be called '${name}': lower-case letters, digits, '-', '_' and '.' only`,
    )
  return {
    name,
    options,
    build: (world, values) =>
      draw(name, define, world, { ...defaults(options), ...values } as Values<O>),
  }
}

const defaults = (options: Options): Record<string, unknown> =>
  Object.fromEntries(Object.entries(options).map(([name, { initial }]) => [name, initial]))

function draw<O extends Options>(
  name: string,
  define: Build<O>,
  world: World,
  options: Values<O>,
): Blueprint {
  const heads = { source: newNode(), rejected: newNode() }
  const tables: PipelineTable<unknown>[] = []
  let source: Source | undefined
  const read = (wanted: KafkaOptions): Flow<Buffer | null> => {
    if (source)
      throw new SluiceError(
        'config',
        `${name} has two sources: a pipeline has one, which may read several topics, kafka({ topics: ['a', 'b'] })`,
      )
    source = sourceOf(name, wanted)
    return new Flow(heads.source)
  }
  defining(name, () =>
    define({
      kafka: Object.assign(read, { to: world.kafkaTo }),
      s3: (wanted) => world.s3(wanted),
      table<R>(wanted: TableOptions<R>) {
        const table = new PipelineTable(wanted)
        if (tables.some(({ id }) => id === table.id))
          throw new SluiceError(
            'config',
            `${name} reads the table ${table.id} twice: call table(…) once, and use what it returns twice`,
          )
        tables.push(table)
        return table
      },
      rejected: new Flow(heads.rejected),
      options,
    }),
  )
  if (!source)
    throw new SluiceError('config', `${name} has no source: begin it with kafka({ topic: … })`)
  check(heads)
  checkOnce(source.keyedBy !== undefined, heads)
  checkLoop(source.topics, heads)
  checkNames(source.topics, heads)
  return { source, heads, tables, ...fingerprints(heads) }
}

/** The topics that a pipeline produces to. */
export const producedTopics = ({ source, rejected }: Blueprint['heads']): string[] =>
  [...walk(source), ...walk(rejected)].flatMap(({ sinks }) =>
    sinks.flatMap(({ topic }) => topic ?? []),
  )

/** @throws SluiceError 'config' for a pipeline that would read what it produces, for ever */
export function checkLoop(wanted: Selection, heads: Blueprint['heads']): void {
  const loop = producedTopics(heads).find((topic) => selects(wanted, topic))
  if (loop === undefined) return
  throw new SluiceError(
    'config',
    `the pipeline reads topic ${loop} and would produce to it: it would read its own messages for ever. Give kafka.to another topic`,
  )
}

const KNOWN: Readonly<Record<keyof KafkaOptions, true>> = {
  topic: true,
  topics: true,
  maxPollRecords: true,
  pollTimeout: true,
  keyedBy: true,
}

/** @throws SluiceError 'config' when the options do not say what to read, or say it twice */
function sourceOf(name: string, options: KafkaOptions): Source {
  checkKnown(`${name}: kafka()`, options, KNOWN)
  const { topic, topics, ...reading } = options
  const wrong = (what: string): SluiceError => new SluiceError('config', `${name}: kafka() ${what}`)
  if (topic !== undefined && topics !== undefined)
    throw wrong('takes topic for one, or topics for several, not both')
  const selection = topics ?? (topic === undefined ? [] : [topic])
  if (!(selection instanceof RegExp)) {
    if (selection.length === 0) throw wrong("names no topic: say topic: 'a' or topics: ['a', 'b']")
    for (const [index, each] of selection.entries()) {
      if (!isTopicName(each))
        throw wrong(`takes names of letters, digits, '.', '_' and '-', not '${each}'`)
      if (selection.indexOf(each) < index) throw wrong(`names the topic ${each} twice`)
    }
  }
  const { maxPollRecords = 1, pollTimeout = 1, keyedBy } = reading
  if (!Number.isSafeInteger(maxPollRecords) || maxPollRecords < 1)
    throw wrong(`takes maxPollRecords from 1, not ${maxPollRecords}`)
  checkDuration(`${name}: pollTimeout of kafka()`, pollTimeout, 1)
  if (keyedBy !== undefined) checkFunction(`${name}: keyedBy of kafka()`, keyedBy)
  return { ...reading, topics: selection }
}
