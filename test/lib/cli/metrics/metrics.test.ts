import { readFileSync } from 'node:fs'
import test from 'ava'
import { healthRoutes } from '../../../../lib/cli/health-server.ts'
import { observedRun } from '../../../../lib/cli/observed-run.ts'
import type { CommitRecord, LaneName } from '../../../../lib/commit/record.ts'
import { minutes, seconds } from '../../../../lib/duration.ts'
import { SluiceError } from '../../../../lib/errors.ts'
import type { Rotation } from '../../../../lib/s3/rotation.ts'
import { faultyStore, virtualClock } from '../../../../lib/testing.ts'
import { inputOf } from '../../../pipelines/input.ts'
import { viewsPipeline } from '../../../pipelines/views.ts'
import { append, newWorld, settings, type Settings, type World } from '../../../pipelines/world.ts'
import { newMetrics, samplesOf } from './samples.ts'

const rotate: Rotation = { records: 20, every: minutes(10) }
const pipeline = viewsPipeline({ rotate })

const lane = (topic: string): LaneName => ({ pipeline: 'views', topic, partition: 0, stage: 1 })

/** A run that is watched. */
function observed(world: World, other: Settings = {}) {
  const { meter, health, metrics } = newMetrics(world.clock)
  const summary = observedRun(settings(world, { pipeline, ...other }), {
    display: () => ({ note: () => undefined, close: () => undefined }),
    meter,
    observers: [health, metrics],
  })
  return { summary, metrics }
}

/** The sum over all labels. */
const total = (samples: ReadonlyMap<string, number>, name: string): number =>
  [...samples].reduce((sum, [key, n]) => (key.split('{')[0] === name ? sum + n : sum), 0)

test('at the end of a run its metrics are what its summary says', async (t) => {
  const world = await newWorld(2)
  await append(world, inputOf({ seed: 5, records: 400 }))
  const run = observed(world)
  const summary = await world.clock.run(run.summary)
  const samples = await samplesOf(run.metrics)
  t.is(total(samples, 'sluice_records_read_total'), 400)
  t.is(samples.get('sluice_records_committed_total{topic="views"}'), summary.records)
  t.is(total(samples, 'sluice_bytes_committed_total'), summary.bytes)
  t.is(total(samples, 'sluice_objects_published_total'), summary.objects)
  t.is(total(samples, 'sluice_commit_duration_seconds_count'), summary.commits)
  t.true(total(samples, 'sluice_publish_duration_seconds_count') > 0)
  for (const [operator, n] of Object.entries(summary.dropped))
    t.is(samples.get(`sluice_events_dropped_total{operator="${operator}"}`), n)
  for (const [reason, n] of Object.entries(summary.rejected))
    t.is(samples.get(`sluice_rejections_total{reason="${reason}"}`), n)
  t.is(total(samples, 'sluice_events_rejected_total'), total(samples, 'sluice_rejections_total'))
  for (const [sink, n] of Object.entries(summary.rows))
    t.is(samples.get(`sluice_object_rows_sum{sink="${sink}"}`), n)
  t.is(samples.get('sluice_events_kept_total{sink="raw"}'), summary.rows['raw'])
  for (const [because, n] of Object.entries(summary.finished)) {
    const ofSinks = ['raw', 'totals', 'rejected'].map(
      (sink) =>
        samples.get(`sluice_objects_finished_total{sink="${sink}",because="${because}"}`) ?? 0,
    )
    t.is(
      ofSinks.reduce((a, b) => a + b),
      n,
    )
  }
  t.deepEqual(
    [Object.keys(summary.finished).length > 1, total(samples, 'sluice_unpublished_objects')],
    [true, 0],
  )
})

test('a run that goes on tells how far it is, what it holds, and what waits', async (t) => {
  const world = await newWorld(2)
  const stop = new AbortController()
  const { summary, metrics } = observed(world, { untilEnd: false, signal: stop.signal })
  await append(world, inputOf({ seed: 6, records: 300, start: '2023-12-01T09:00:00Z' }))
  await world.clock.advance(seconds(30))
  const samples = await samplesOf(metrics)
  t.is(samples.get('sluice_ready'), 1)
  t.is(samples.get('sluice_lanes{stage="1"}'), 2)
  t.is(samples.get('sluice_lanes{stage="2"}'), 2)
  t.is(samples.get('sluice_lag_records{topic="views",partition="1"}'), 0)
  const watermark = 'sluice_watermark_timestamp_seconds{topic="views",partition="0",stage="1"}'
  t.true(samples.get(watermark)! > Date.parse('2023-12-01T09:00:00Z') / 1_000)
  const commit = 'sluice_commit_timestamp_seconds{topic="views",partition="0",stage="1"}'
  t.true(samples.get(commit)! > world.clock.now() / 1_000 - 31)
  t.true(samples.get('sluice_open_objects{sink="raw"}')! > 0)
  t.true(samples.get('sluice_open_object_bytes{sink="raw"}')! > 100)
  t.true(samples.get('sluice_state_entries{store="dedupe/kept"}')! > 0)
  t.true(samples.get('sluice_state_bytes{store="dedupe/kept"}')! > 0)
  t.is(samples.get('sluice_memory_budget_bytes'), 64 * 1024 ** 2)
  t.true(samples.get('sluice_memory_held_bytes')! > 0)

  await append(world, inputOf({ seed: 7, records: 40, start: '2023-12-01T22:00:00Z' }))
  await world.clock.advance(seconds(6))
  t.is(total(await samplesOf(metrics), 'sluice_lag_records'), 40)
  stop.abort()
  await world.clock.run(summary)
})

test('objects that cannot be published are counted while they wait, and requests that are repeated', async (t) => {
  const world = await newWorld(1)
  await append(world, inputOf({ seed: 8, records: 100 }))
  let down = true
  const store = faultyStore(world.store, {
    clock: world.clock,
    fault: ({ method, key }) =>
      down && method === 'put' && key.startsWith('raw/') ? { before: 'fail' } : undefined,
  })
  const { summary, metrics } = observed(world, { store })
  await world.clock.advance(minutes(1))
  const samples = await samplesOf(metrics)
  t.true(samples.get('sluice_unpublished_objects')! > 0)
  t.true(samples.get('sluice_publish_lag_seconds')! > 30)
  t.true(samples.get('sluice_retries_total')! > 0)
  down = false
  await world.clock.run(summary)
  const after = await samplesOf(metrics)
  t.is(after.get('sluice_unpublished_objects'), 0)
  t.is(after.get('sluice_publish_lag_seconds'), 0)
})

test('lanes that fail are counted by the kind of trouble', async (t) => {
  const { metrics } = newMetrics(virtualClock())
  metrics.failed(lane('views'), new SluiceError('fenced', 'taken'))
  metrics.failed(lane('views'), new SluiceError('fenced', 'taken'))
  metrics.failed(lane('views'), new TypeError('oops'))
  metrics.misplaced(lane('views'))
  metrics.throttled()
  const samples = await samplesOf(metrics)
  t.is(samples.get('sluice_lane_failures_total{code="fenced"}'), 2)
  t.is(samples.get('sluice_lane_failures_total{code="other"}'), 1)
  t.is(samples.get('sluice_records_misplaced_total{topic="views"}'), 1)
  t.is(samples.get('sluice_store_throttled_total'), 1)
})

test('reasons that never come to an end are one label from the hundredth on', async (t) => {
  const { metrics } = newMetrics(virtualClock())
  for (let n = 0; n < 300; n++)
    metrics.committed(
      {
        lane: lane('views'),
        records: 1,
        bytes: 1,
        fates: {},
        objects: [],
        reasons: { [`no ${n}`]: 1 },
      } as unknown as CommitRecord,
      5,
    )
  const samples = await samplesOf(metrics)
  const kinds = [...samples].filter(([key]) => key.startsWith('sluice_rejections_total'))
  t.is(kinds.length, 101)
  t.is(samples.get('sluice_rejections_total{reason="other"}'), 200)
})

test('whatever a name or a reason holds, a line stays a line', async (t) => {
  const { metrics } = newMetrics(virtualClock(), 'a"b\\c\nd')
  const reasons = { 'say "no"\nor \\': 1 }
  metrics.committed(
    {
      lane: lane('views'),
      records: 1,
      bytes: 1,
      fates: {},
      objects: [],
      reasons,
    } as unknown as CommitRecord,
    5,
  )
  const text = await metrics.text()
  t.true(
    text.includes(
      'sluice_rejections_total{reason="say \\"no\\"\\nor \\\\",pipeline="a\\"b\\\\c\\nd"} 1\n',
    ),
  )
  for (const line of text.split('\n')) t.regex(line, /^$|^#|^\w+(\{.*\})? \S+$/)
})

test('they are answered before the pipeline has begun, as Prometheus asks for them', async (t) => {
  const { metrics, health } = newMetrics(virtualClock())
  const response = await healthRoutes(health, metrics).request('/metrics')
  t.is(response.status, 200)
  t.is(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
  const text = await response.text()
  t.regex(text, /^sluice_ready\{pipeline="views"\} 0$/m)
  t.regex(text, /^process_resident_memory_bytes\{pipeline="views"\} \d+$/m)
})

test('the page on metrics lists all of them, with their types and labels', async (t) => {
  const world = await newWorld(1)
  await append(world, inputOf({ seed: 9, records: 200 }))
  const run = observed(world)
  await world.clock.run(run.summary)
  const text = await run.metrics.text()
  const types = text.matchAll(/^# TYPE (sluice_\w+) (\w+)$/gm)
  const page = readFileSync('docs/metrics.md', 'utf8')
  const rows = [...page.matchAll(/^\| `(sluice_\w+)` +\| (\w+) +\| ([^|]*)\|/gm)]
  t.deepEqual(
    rows.map(([, name, type]) => `${name} ${type}`).toSorted(),
    [...types].map(([, name, type]) => `${name} ${type}`).toSorted(),
  )
  const samples = await samplesOf(run.metrics)
  for (const [, name = '', , cell = ''] of rows) {
    const listed = [...cell.matchAll(/`(\w+)`/g)].map(([, label]) => label)
    for (const key of samples.keys()) {
      const [own = '', labels = ''] = key.split('{')
      if (own.replace(/_(bucket|sum|count)$/, '') !== name) continue
      const told = [...labels.matchAll(/(\w+)="/g)].map(([, label]) => label)
      t.deepEqual(
        told.filter((label) => label !== 'le'),
        listed,
        key,
      )
    }
  }
})
