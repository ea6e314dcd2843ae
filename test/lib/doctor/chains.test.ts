import test from 'ava'
import { hours } from '../../../lib/duration.ts'
import { examineChains } from '../../../lib/doctor/chains.ts'
import { laneOf, recordOf, standingOf } from './lanes.ts'

const now = standingOf().written + hours(2)
const partition = (number: number, high = 100) => ({ partition: number, low: 0, high })
const lane = (number: number, written = standingOf().written) =>
  standingOf({ lane: laneOf(number), newest: recordOf({ lane: laneOf(number) }), written })

test('a lane that has read all of its partition is well, however old its newest record is', (t) => {
  t.deepEqual(examineChains([lane(0)], new Map([['views', [partition(0)]]]), now), [])
})

test('a lane that stands still beside others is told, with what waits and who has it', (t) => {
  const ranges = new Map([['views', [partition(0, 150), partition(1, 150)]]])
  const [finding, ...others] = examineChains([lane(0), lane(1, now)], ranges, now)
  t.deepEqual(others, [])
  t.like(finding, { kind: 'stale chain', where: 'views-0', since: standingOf().written })
  t.regex(finding!.what, /^50 offsets wait, and its owner host\/1 /)
})

test('where nobody commits, it is told once', (t) => {
  const ranges = new Map([['views', [partition(0, 150), partition(1, 160)]]])
  const findings = examineChains([lane(0), lane(1)], ranges, now)
  t.is(findings.length, 1)
  t.like(findings[0], { where: 'all lanes', advice: 'run the pipeline' })
  t.regex(findings[0]!.what, /^110 offsets wait in 2 partitions/)
})

test('rows that wait in open objects of a partition or topic that is gone are told', (t) => {
  const open = { raw: { objects: 1, rows: 3, rowBytes: 9, firstOffset: 1, runs: [] } }
  const waiting = standingOf({ newest: recordOf({ open }) })
  for (const [ranges, what] of [
    [new Map([['views', undefined]]), /^its topic is not in the log any more, and 3 rows/],
    [new Map([['views', [partition(1)]]]), /^the partition is not in the log any more/],
  ] as const) {
    const [finding] = examineChains([waiting], ranges, now)
    t.like(finding, { kind: 'stale chain', where: 'views-0' })
    t.regex(finding!.what, what)
    t.deepEqual(examineChains([lane(0)], ranges, now), [])
  }
})
