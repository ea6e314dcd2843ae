import { Counter, Histogram, type Registry } from 'prom-client'

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
const ROWS = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7]
const BYTES = [10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30].map((power) => 2 ** power)

/** What is counted while it happens, by where it is kept. */
export type Series = ReturnType<typeof registerSeries>

/** The counters and histograms of a process, all at zero. */
export function registerSeries(registry: Registry) {
  const counter = <L extends string>(name: string, help: string, labels: readonly L[] = []) =>
    new Counter<L>({ name, help, labelNames: labels, registers: [registry] })
  const histogram = <L extends string>(
    name: string,
    help: string,
    labels: readonly L[],
    buckets: number[],
  ) => new Histogram<L>({ name, help, labelNames: labels, buckets, registers: [registry] })
  return {
    records: counter('sluice_records_committed_total', 'Records in commits', ['topic']),
    bytes: counter('sluice_bytes_committed_total', 'Bytes of the records in commits', ['topic']),
    misplaced: counter('sluice_records_misplaced_total', 'Records beside their key’s partition', [
      'topic',
    ]),
    kept: counter('sluice_events_kept_total', 'Events that came through to a sink', ['sink']),
    expanded: counter('sluice_events_expanded_total', 'Events made beyond those handed in', [
      'operator',
    ]),
    dropped: counter('sluice_events_dropped_total', 'Events dropped', ['operator']),
    rejected: counter('sluice_events_rejected_total', 'Events set aside', ['operator']),
    rejections: counter('sluice_rejections_total', 'Events set aside, by kind of reason', [
      'reason',
    ]),
    finished: counter('sluice_objects_finished_total', 'Objects finished, by why they were', [
      'sink',
      'because',
    ]),
    published: counter('sluice_objects_published_total', 'Objects made visible'),
    produced: counter('sluice_messages_produced_total', 'Messages produced to topics'),
    retries: counter(
      'sluice_retries_total',
      'Requests to the store, and reads from Kafka, that were repeated',
    ),
    throttled: counter('sluice_store_throttled_total', 'Times the store asked for fewer requests'),
    failures: counter('sluice_lane_failures_total', 'Lanes dropped and claimed anew', ['code']),
    objectRows: histogram('sluice_object_rows', 'Rows of finished objects', ['sink'], ROWS),
    objectBytes: histogram('sluice_object_bytes', 'Bytes of them, as stored', ['sink'], BYTES),
    commitDuration: histogram(
      'sluice_commit_duration_seconds',
      'From the end of an epoch to its record in the chain',
      ['stage'],
      SECONDS,
    ),
    publishDuration: histogram(
      'sluice_publish_duration_seconds',
      'From a record in the chain to all of its objects visible',
      ['stage'],
      SECONDS,
    ),
  }
}
