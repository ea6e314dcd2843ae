import type { Clock } from '../clock.ts'
import { Events, type Plan, type Planned } from '../generator/events.ts'
import { fill, percentile, type Profile } from '../generator/fill.ts'
import type { Log } from '../ports.ts'
import { showProgress, type Screen } from './display.ts'
import { formatCount, formatSpan, table } from './text.ts'

/** What is generated unless said otherwise. */
export const PLAN = {
  events: 1_000_000,
  seed: 1,
  duplicates: 0.01,
  late: 0.001,
  malformed: 0.001,
} as const

export interface GenerateOptions {
  readonly log: Log
  readonly topic: string
  /** Of the topic, where it is not there yet. */
  readonly partitions: number
  readonly plan: Plan
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly screen: Screen
}

export interface Generated {
  readonly profile: Profile
  readonly planned: Planned
}

/** Generate events into a topic, and make the topic where there is none. Shows how far it is. */
export async function generate(options: GenerateOptions): Promise<Generated> {
  const { log, topic, partitions, plan, clock, signal, screen } = options
  await log.create(topic, partitions)
  const events = new Events(plan)
  const producer = await log.producer(topic)
  let written = 0
  const display = showProgress(
    () => `${topic}: ${formatCount(written)} of ${formatCount(plan.events)} records generated`,
    screen,
    clock,
  )
  try {
    const progress = (n: number): void => void (written = n)
    return {
      profile: await fill(producer, events, { clock, signal, progress }),
      planned: events.planned,
    }
  } finally {
    display.close()
    await producer.close()
  }
}

/** What was generated and how fast it was taken, as lines for people. */
export function generatedLines(topic: string, { profile, planned }: Generated): string[] {
  const { written, elapsed, retries } = profile
  const rate = formatCount((written * 1_000) / Math.max(1, elapsed))
  const [p50, p99] = [percentile(profile, 0.5), percentile(profile, 0.99)]
  return [
    `${topic}: ${formatCount(written)} records in ${formatSpan(elapsed)} (${rate}/s), batch latency p50 ${p50} ms, p99 ${p99} ms, ${formatCount(retries)} retries`,
    ...table([
      ['generated', 'in time', planned.ordinary],
      ['', 'duplicates', planned.duplicates],
      ['', 'late', planned.late],
      ...Object.entries(planned.malformed).flatMap(([kind, n]) => (n > 0 ? [['', kind, n]] : [])),
    ]).map((line) => `  ${line}`),
  ]
}
