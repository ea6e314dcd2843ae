import { hours, minutes } from '../../lib/duration.ts'
import type { NewRecord } from '../../lib/ports.ts'
import type { View } from './views.ts'
import { recordOf } from './world.ts'

export interface InputOptions {
  readonly seed: number
  readonly records: number
  /** Event time of the first one. */
  readonly start?: string
  /** Parts of the records that are late, sent twice, or no events. */
  readonly late?: number
  readonly duplicates?: number
  readonly bad?: number
}

/** Records as producers write them: about in the order of their times, some of them late, sent twice, or no events at all. The same for one seed. */
export function inputOf(options: InputOptions): NewRecord[] {
  const { seed, records, start = '2023-12-01T00:00:00Z' } = options
  const { late = 0.03, duplicates = 0.05, bad = 0.04 } = options
  const random = randomFrom(seed)
  const pick = (n: number): number => Math.floor(random() * n)
  const sent: NewRecord[] = []
  let now = Date.parse(start)
  while (sent.length < records) {
    now += pick(minutes(4))
    const chance = random()
    const earlier = sent[Math.max(0, sent.length - 1 - pick(60))]
    if (chance < duplicates && earlier) sent.push(earlier)
    else if (chance < duplicates + bad) sent.push(badRecord(pick(5), sent.length))
    else {
      const isLate = chance < duplicates + bad + late
      const at = now - (isLate ? hours(2) + pick(hours(1)) : pick(minutes(1)))
      sent.push(recordOf(viewAt(at, `${seed}-${sent.length}`, pick)))
    }
  }
  return sent
}

const viewAt = (at: number, id: string, pick: (n: number) => number): View => ({
  id,
  at,
  user: `user_${pick(20)}`,
  page: `page_${pick(3)}`,
  country: pick(5) === 0 ? null : `country_${pick(2)}`,
  seconds: pick(1000) / 8,
})

function badRecord(kind: number, n: number): NewRecord {
  const key = `bad-${n}`
  const values = [
    'not json',
    null,
    '',
    JSON.stringify({ id: '', at: 'never' }),
    Buffer.from([0xff, 0xfe, 0x22]),
  ]
  return { key, value: values[kind] as NewRecord['value'] }
}

/** Numbers from 0 to 1 that look random and follow from the seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let hash = Math.imul(state ^ (state >>> 15), 1 | state)
    hash = (hash + Math.imul(hash ^ (hash >>> 7), 61 | hash)) ^ hash
    return ((hash ^ (hash >>> 14)) >>> 0) / 2 ** 32
  }
}
