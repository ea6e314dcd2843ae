import { collectDefaultMetrics, type Counter, Registry } from 'prom-client'
import type { Clock } from '../../clock.ts'
import { type CommitRecord, type LaneName, stageId } from '../../commit/record.ts'
import type { Duration } from '../../duration.ts'
import { SluiceError } from '../../errors.ts'
import { fateByOperator } from '../../lane/fates.ts'
import type { RunEvents, StartedRun } from '../../run/events.ts'
import type { Health } from '../health.ts'
import type { Meter } from '../meter.ts'
import { registerGauges } from './gauges.ts'
import { registerSeries, type Series } from './series.ts'

/** Kinds of reasons that are told apart: operators of a user's own may give any text. */
const MOST_REASONS = 100

export interface MetricsOptions {
  /** Name of the instance: a label of everything. */
  readonly name: string
  /** Which of several processes it is: a label as well. */
  readonly process?: string
  readonly clock: Clock
  readonly meter: Meter
  readonly health: Health
}

/**
 * What Prometheus is told of a run: counters of this process since it began, and gauges of what it holds when asked. Nothing is counted for each
 * event, only when something is committed or published. Labels are parts of the pipeline and partitions, never folders or keys.
 */
export class Metrics implements RunEvents {
  readonly #registry = new Registry()
  readonly #series: Series
  readonly #reasons = new Set<string>()
  /** By stage of a lane, the token of its newest record whose objects are all visible. */
  readonly #published = new Map<string, string>()
  #run: StartedRun | undefined

  constructor({ name, process, ...gauged }: MetricsOptions) {
    this.#registry.setDefaultLabels({ pipeline: name, ...(process !== undefined && { process }) })
    this.#series = registerSeries(this.#registry)
    registerGauges(this.#registry, {
      ...gauged,
      run: () => this.#run,
      isPublished: ({ lane, token }) => this.#published.get(stageId(lane)) === token,
    })
    collectDefaultMetrics({ register: this.#registry })
  }

  /** All of it in Prometheus' text format. */
  text(): Promise<string> {
    return this.#registry.metrics()
  }

  /** All of it, for a parent that puts together what its processes have. */
  json(): ReturnType<Registry['getMetricsAsJSON']> {
    return this.#registry.getMetricsAsJSON()
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  started(run: StartedRun): void {
    this.#run = run
  }

  committed(record: CommitRecord, took: Duration): void {
    const { topic, stage } = record.lane
    const series = this.#series
    series.commitDuration.observe({ stage }, took / 1_000)
    if (stage === 1) {
      series.records.inc({ topic }, record.records)
      series.bytes.inc({ topic }, record.bytes)
    }
    for (const [sink, { kept }] of Object.entries(record.fates)) series.kept.inc({ sink }, kept)
    for (const fate of ['expanded', 'dropped', 'rejected'] as const)
      addAll(series[fate], fateByOperator(record, fate))
    for (const [reason, n] of Object.entries(record.reasons))
      series.rejections.inc({ reason: this.#kindOf(reason) }, n)
    for (const { sink, because, rows, bytes } of record.objects) {
      series.finished.inc({ sink, because })
      series.objectRows.observe({ sink }, rows)
      series.objectBytes.observe({ sink }, bytes)
    }
  }

  published({ lane, token, objects }: CommitRecord, took: Duration): void {
    this.#published.set(stageId(lane), token)
    this.#series.published.inc(objects.length)
    this.#series.publishDuration.observe({ stage: lane.stage }, took / 1_000)
  }

  produced(_: LaneName, messages: number): void {
    this.#series.produced.inc(messages)
  }

  retrying(): void {
    this.#series.retries.inc()
  }

  throttled(): void {
    this.#series.throttled.inc()
  }

  failed(_: LaneName, error: unknown): void {
    this.#series.failures.inc({ code: error instanceof SluiceError ? error.code : 'other' })
  }

  misplaced({ topic }: LaneName): void {
    this.#series.misplaced.inc({ topic })
  }

  #kindOf(reason: string): string {
    if (this.#reasons.size < MOST_REASONS) this.#reasons.add(reason)
    return this.#reasons.has(reason) ? reason : 'other'
  }
}

function addAll(counter: Counter<'operator'>, counts: Readonly<Record<string, number>>): void {
  for (const [operator, n] of Object.entries(counts)) counter.inc({ operator }, n)
}
