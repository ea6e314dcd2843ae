import type { Clock } from '../../clock.ts'
import type { CommitRecord } from '../../commit/record.ts'
import { messageOf } from '../../errors.ts'
import type { Pipeline } from '../../pipeline.ts'
import type { Log, ObjectStore } from '../../ports.ts'
import { blueprintOf, valuesOf } from '../../run/blueprint.ts'
import type { TopicPartition } from '../../topics.ts'
import type { Findings } from '../finding.ts'
import { RerunPartials } from './partials.ts'
import { ReplayStore } from './replay-store.ts'
import type { RerunOptions } from './rerun.ts'
import type { Watch } from './watch.ts'

export interface ReplayOptions {
  readonly pipeline: Pipeline
  readonly store: ObjectStore
  /** Takes what is written on the way; to be thrown away. */
  readonly scratch: ObjectStore
  readonly log: Log
  readonly clock: Clock
  /** What the ranges of the instance's exchanges ride on. */
  readonly ranges: readonly TopicPartition[]
  readonly findings: Findings
}

/** What the lanes have in common that run again in one audit. */
export class Replaying {
  readonly pipeline: Pipeline
  readonly store: ObjectStore
  readonly log: Log
  readonly clock: Clock
  readonly ranges: readonly TopicPartition[]
  readonly findings: Findings
  readonly partials: RerunPartials
  readonly #scratch: ObjectStore

  constructor({ pipeline, store, scratch, log, clock, ranges, findings }: ReplayOptions) {
    this.pipeline = pipeline
    this.store = store
    this.log = log
    this.clock = clock
    this.ranges = ranges
    this.findings = findings
    this.partials = new RerunPartials(scratch)
    this.#scratch = scratch
  }

  /** What a lane is brought to life with after a record. @param watch told of what happens */
  rerunOptions({ options = [] }: CommitRecord, watch: Watch = {}): RerunOptions {
    const values = valuesOf(this.pipeline, Object.fromEntries(options))
    return {
      blueprint: blueprintOf(this.pipeline, values),
      values,
      store: new ReplayStore(this.store, this.#scratch),
      lanes: this.ranges,
      watch,
    }
  }

  /** Why the pipeline as it is now cannot run what comes after a record. */
  problemWith(record: CommitRecord): string | undefined {
    const file = `pipelines/${this.pipeline.name}.ts`
    try {
      const { fingerprint } = this.rerunOptions(record).blueprint
      if (fingerprint === record.fingerprint) return undefined
      return `the operators with state in ${file} are others by now`
    } catch (error) {
      return `${file} cannot be built by now with the options of then: ${messageOf(error)}`
    }
  }
}
