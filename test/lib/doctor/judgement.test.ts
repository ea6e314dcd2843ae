import test from 'ava'
import { fc, testProp } from '@fast-check/ava'
import { hours, minutes } from '../../../lib/duration.ts'
import { fenceOf } from '../../../lib/doctor/fence.ts'
import { judge } from '../../../lib/doctor/judgement.ts'
import { laneOf, recordOf, standingOf } from './lanes.ts'

const NOW = Date.parse('2026-11-21T08:00:00Z')
const upload = (facts: { key?: string; begun?: number } = {}) => ({
  key: 'raw/views+0+0000000100.jsonl',
  uploadId: 'u',
  begun: NOW - hours(48),
  ...facts,
})
const among = (...standings: ReturnType<typeof standingOf>[]) => ({
  standings,
  now: NOW,
  olderThan: hours(24),
})

test('a claim fences what was begun before it, a commit what was begun before the one before it', (t) => {
  const times = { newest: 2, before: 1 }
  const { recorded } = recordOf()
  t.is(fenceOf({ kind: 'claim', recorded }, times), 2)
  t.is(fenceOf({ kind: 'commit', recorded }, times), 1)
  t.is(fenceOf({ kind: 'trial', recorded: { ...recorded, closing: true } }, times), 1)
})

test('after a release, or the last commit of a finite run, an owner begins nothing', (t) => {
  const times = { newest: 2, before: 1 }
  const { recorded } = recordOf()
  t.is(fenceOf({ kind: 'release', recorded }, times), Infinity)
  t.is(fenceOf({ kind: 'commit', recorded: { ...recorded, closing: true } }, times), Infinity)
})

test('what a newest record lists is pending, of whatever lane', (t) => {
  const listing = standingOf({ lane: laneOf(1), pending: new Set(['u']) })
  t.deepEqual(judge(upload(), among(standingOf(), listing)), { is: 'pending' })
})

test('what a lane may still commit is held by it, also where nothing is known of the lane', (t) => {
  const busy = standingOf({ fence: upload().begun - 1 })
  t.deepEqual(judge(upload(), among(standingOf(), busy)), { is: 'held', by: busy })
  const unknown = standingOf({ newest: undefined, fence: -Infinity, prefixes: undefined })
  t.deepEqual(judge(upload(), among(standingOf(), unknown)), { is: 'held', by: unknown })
})

test('the clocks of a store’s servers may differ by a quarter of an hour', (t) => {
  const { begun } = upload()
  t.is(judge(upload(), among(standingOf({ fence: begun + minutes(15) }))).is, 'held')
  t.is(judge(upload(), among(standingOf({ fence: begun + minutes(16) }))).is, 'orphaned')
})

test('a lane that writes elsewhere holds nothing', (t) => {
  const elsewhere = standingOf({ fence: -Infinity, prefixes: ['ra', 'raw/views', 'totals'] })
  t.deepEqual(judge(upload(), among(elsewhere)), { is: 'orphaned' })
  t.is(judge(upload(), among(standingOf({ fence: -Infinity, prefixes: [''] }))).is, 'held')
})

test('what is young is left alone', (t) => {
  t.deepEqual(judge(upload({ begun: NOW - hours(1) }), among(standingOf())), { is: 'young' })
})

test('a bundle that is being written is held until its commit is taken', (t) => {
  const key = (index: string) => `_sluice/views/views/0/bundles/${index}-owner.bin`
  const lane = standingOf()
  t.is(judge(upload({ key: key('000000000007') }), among(lane)).is, 'orphaned')
  t.deepEqual(judge(upload({ key: key('000000000008') }), among(lane)), { is: 'held', by: lane })
})

/** Times around that of the upload. */
const time = fc.integer({ min: -100, max: 100 }).map((hour) => NOW + hours(hour))
const standing = fc.record({ fence: time, pending: fc.boolean(), known: fc.boolean() })

testProp(
  'only what every lane has passed and none lists is orphaned, and more lanes never make it so',
  [fc.array(standing), time],
  (t, lanes, begun) => {
    const standings = lanes.map(({ fence, pending, known }) =>
      standingOf({
        fence,
        ...(!known && { prefixes: undefined }),
        ...(pending && { pending: new Set(['u']) }),
      }),
    )
    const is = (all: typeof standings) => judge(upload({ begun }), among(...all)).is
    if (is(standings) === 'orphaned') {
      t.true(standings.every(({ fence, pending }) => fence > begun && !pending.has('u')))
      t.is(is(standings.slice(1)), 'orphaned')
    } else t.pass()
  },
)
