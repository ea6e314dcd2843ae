import type { Clock } from '../clock.ts'
import { Repeats } from '../lane/repeats.ts'
import type { SourceRecord } from '../message.ts'
import { verify } from '../verify/verify.ts'
import type { Pipeline } from '../pipeline.ts'
import type { MemoryLog } from './memory-log.ts'
import { memoryStore, type MemoryStore, type StoredObject } from './memory-store.ts'
import { unpacked } from './unpacked.ts'

/** What is there after a pipeline has run in a test. */
export class Outcome {
  readonly log: MemoryLog
  readonly store: MemoryStore
  readonly #pipeline: Pipeline
  readonly #clock: Clock

  constructor(pipeline: Pipeline, log: MemoryLog, store: MemoryStore, clock: Clock) {
    this.#pipeline = pipeline
    this.log = log
    this.store = store
    this.#clock = clock
  }

  /** Visible objects under a prefix, in the order of their keys. */
  objects(prefix: string): StoredObject[] {
    return this.store.objects(`${prefix}/`)
  }

  /**
   * Rows under a prefix in the order of the keys, then as they stand: objects of JSON lines and of JSON arrays alike, compressed
   * or not.
   *
   * @throws SyntaxError for objects that hold something else
   */
  rows<T = unknown>(prefix: string): T[] {
    return this.objects(prefix).flatMap((object) => rowsOf<T>(unpacked(object).toString()))
  }

  /** Records of a topic that the pipeline has produced to, partition by partition, as a reader has them that drops repeats. */
  async messages(topic: string): Promise<SourceRecord[]> {
    const all: SourceRecord[] = []
    for (const { partition, low, high } of (await this.log.ranges(topic)) ?? []) {
      const repeats = new Repeats()
      for await (const { records } of this.log.read(topic, partition, low, high))
        all.push(...records.filter((record) => repeats.isFresh(record)))
    }
    return all
  }

  /**
   * Hold the commits against the log and the objects: every record of the log was read once, every object ever committed is there with its rows, every
   * message is in its topic, and no other object of the pipeline's making, nor a copy of one, is there. What else others have put under its prefixes is
   * left alone.
   *
   * @throws Error that says what is lost, doubled or altered
   */
  async expectNoLoss(): Promise<void> {
    const { log, store } = this
    const report = await verify({ pipeline: this.#pipeline.name, store, log, clock: this.#clock })
    const problems = report.findings.map(({ kind, where, what }) => `${kind}: ${where}: ${what}`)
    for (const { lane, log: read } of report.lanes)
      if (read && read.unread > 0) problems.push(`not read yet: ${read.unread} records of ${lane}`)
    if (problems.length > 0) throw new Error(problems.join('\n'))
  }

  /**
   * Run every epoch again, as it was recorded, and hold what comes of it against what was written: rows, rejects, results and state.
   *
   * @param pipeline another one than was run, such as the next version of it
   * @throws Error that says which epoch comes to something else, and why one could not be run again
   */
  async expectSameAgain(pipeline: Pipeline = this.#pipeline): Promise<void> {
    const { log, store } = this
    const { findings, replay = [] } = await verify({
      pipeline: this.#pipeline.name,
      store,
      log,
      clock: this.#clock,
      replay: { pipeline, scratch: memoryStore() },
    })
    const problems = [
      ...findings.map(({ kind, where, what }) => `${kind}: ${where}: ${what}`),
      ...replay.flatMap(({ lane, unchecked }) =>
        unchecked.map(
          ({ reason, epochs }) => `not checkable: ${epochs} epochs of ${lane}: ${reason}`,
        ),
      ),
    ]
    if (problems.length > 0) throw new Error(problems.join('\n'))
  }
}

const rowsOf = <T>(text: string): T[] =>
  text.startsWith('[')
    ? (JSON.parse(text) as T[])
    : text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as T)
