import type { CommitRecord, LaneName } from '../../../lib/commit/record.ts'
import type { Standing } from '../../../lib/doctor/standing.ts'
import { aRecord } from '../commit/a-record.ts'

export const laneOf = (partition: number, stage: 1 | 2 = 1, pipeline = 'views'): LaneName => ({
  pipeline,
  topic: 'views',
  partition,
  stage,
})

/** A commit of `views-0` at which nothing is open and nothing waits, but for what is said. */
export const recordOf = (facts: Partial<CommitRecord> = {}): CommitRecord =>
  aRecord({
    index: 7,
    kind: 'commit',
    lane: laneOf(0),
    instance: 'abc123',
    at: '2026-11-20T08:00:00.000Z',
    to: 100,
    records: 100,
    bytes: 1,
    watermark: 0,
    sealed: 0,
    ...facts,
  })

/** A lane whose uploads are past all doubt, but for what is said. */
export const standingOf = (facts: Partial<Standing> = {}): Standing => ({
  lane: laneOf(0),
  newest: recordOf(),
  written: Date.parse('2026-11-20T08:00:00Z'),
  modified: Date.parse('2026-11-20T08:00:00Z'),
  fence: Infinity,
  prefixes: ['raw'],
  exchanges: false,
  pending: new Set(),
  ...facts,
})
