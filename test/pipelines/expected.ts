import type { SourceRecord } from '../../lib/message.ts'
import type { PartitionRange } from '../../lib/ports.ts'
import type { MemoryLog } from '../../lib/testing.ts'
import { exactly, nearest } from '../support/checker/exact-sum.ts'
import type { View } from './views.ts'
import { TOPIC } from './views.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** What is to be in the bucket after a run over a log to its end. Computed from the log alone, with nothing of what is tested. */
export interface Expected {
  readonly raw: string[]
  /** `<partition>@<offset> <operator>` */
  readonly rejected: string[]
  readonly totals: string[]
}

interface Total {
  readonly dimension: string
  readonly value: string
  readonly start: number
  views: number
  seconds: bigint
  longest: number
  readonly users: Set<string>
}

export async function expectedOf(
  log: MemoryLog,
  topics: readonly string[] = [TOPIC],
): Promise<Expected> {
  const raw: string[] = []
  const rejected: string[] = []
  const totals = new Map<string, Total>()
  for (const [topic, { partition, low, high }] of await rangesOf(log, topics)) {
    const kept: { id: string; at: number }[] = []
    let highest = -Infinity
    for await (const batch of log.read(topic, partition, low, high))
      for (const record of batch.records) {
        const reject = (operator: string): unknown =>
          rejected.push(`${record.partition}@${record.offset} ${operator}`)
        const view = parsed(record)
        if (typeof view === 'string') {
          reject(view)
          continue
        }
        const watermark = highest - MINUTE
        highest = Math.max(highest, view.at)
        raw.push((record.bytes as Buffer).toString())
        if (view.at < watermark - HOUR) {
          reject('dedupe')
          continue
        }
        if (kept.some(({ id, at }) => id === view.id && Math.abs(at - view.at) < HOUR)) continue
        kept.push({ id: view.id, at: view.at })
        if (Math.floor(view.at / HOUR) * HOUR + HOUR <= watermark) reject('window')
        else count(view, totals)
      }
  }
  return { raw: raw.toSorted(), rejected: rejected.toSorted(), totals: rowsOf(totals) }
}

async function rangesOf(
  log: MemoryLog,
  topics: readonly string[],
): Promise<(readonly [string, PartitionRange])[]> {
  const all = await Promise.all(
    topics.map(async (topic) =>
      ((await log.ranges(topic)) ?? []).map((range) => [topic, range] as const),
    ),
  )
  return all.flat()
}

function parsed({ bytes }: SourceRecord): View | 'parse' | 'validate' {
  if (bytes === null || bytes.length === 0) return 'parse'
  try {
    const text = new TextDecoder('utf8', { fatal: true }).decode(bytes)
    const view = JSON.parse(text) as View
    return view.id === '' ? 'validate' : view
  } catch {
    return 'parse'
  }
}

function count(view: View, totals: Map<string, Total>): void {
  const start = Math.floor(view.at / HOUR) * HOUR
  for (const dimension of ['page', 'country'] as const) {
    const value = view[dimension]
    if (value === null) continue
    const name = `${start} ${dimension} ${value}`
    const total = totals.get(name) ?? {
      dimension,
      value,
      start,
      views: 0,
      seconds: 0n,
      longest: -Infinity,
      users: new Set(),
    }
    total.views++
    total.seconds += exactly(view.seconds)
    total.longest = Math.max(total.longest, view.seconds)
    total.users.add(view.user)
    totals.set(name, total)
  }
}

const rowsOf = (totals: Map<string, Total>): string[] =>
  [...totals.values()]
    .map(({ dimension, value, start, views, seconds, longest, users }) =>
      JSON.stringify({
        dimension,
        value,
        window: { start, end: start + HOUR },
        views,
        seconds: nearest(seconds),
        longest,
        users: users.size,
      }),
    )
    .toSorted()
