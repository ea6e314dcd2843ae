import test from 'ava'
import { encode, type CommitRecord } from '../../../lib/commit/record.ts'
import { recordKey } from '../../../lib/commit/chain.ts'
import { floorOf, lanesOf, runToJoin, survey } from '../../../lib/run/survey.ts'
import { idOf, partitionsOf } from '../../../lib/topics.ts'
import { memoryStore, virtualClock } from '../../../lib/testing.ts'
import { aRecord, lane } from '../commit/a-record.ts'

const inRun = (number: number, ended?: number): CommitRecord =>
  aRecord({ run: { number, until: 0 }, ...(ended !== undefined && { ended }) })

const events = (count: number) => partitionsOf(new Map([['events', count]]))

test('the first finite run is number 1, also after runs without end', (t) => {
  t.is(runToJoin([]), 1)
  t.is(runToJoin([aRecord(), aRecord()]), 1)
})

test('a run that is not over is joined', (t) => {
  t.is(runToJoin([inRun(1), inRun(1)]), 1)
  t.is(runToJoin([inRun(1, 1), inRun(1)]), 1)
  t.is(runToJoin([inRun(2, 2), inRun(1, 1)]), 2)
  t.is(runToJoin([inRun(2, 1), inRun(1, 1)]), 2)
})

test('after a run that every lane has ended the next one begins', (t) => {
  t.is(runToJoin([inRun(1, 1), inRun(1, 1)]), 2)
  t.is(runToJoin([inRun(7, 7)]), 8)
})

test('a lane that was claimed and has never been in a run holds the others’ run open', (t) => {
  t.is(runToJoin([inRun(1, 1), aRecord()]), 1)
})

test('a run that one without end has gone on from is over, until the next begins', (t) => {
  const given = (number: number, abandoned: number, ended?: number): CommitRecord => ({
    ...inRun(number, ended),
    abandoned,
  })
  t.is(runToJoin([given(1, 1, 1), given(1, 1)]), 2)
  t.is(runToJoin([given(2, 1), given(1, 1)]), 2)
  t.is(runToJoin([given(2, 1, 2), given(2, 1)]), 2)
})

test('there is a lane for every partition, and a merging one for every range', (t) => {
  const lanes = lanesOf('views', events(2), events(1))
  t.deepEqual(
    lanes.map((each) => `${each.stage}/${idOf(each)}`),
    ['1/events-0', '1/events-1', '2/events-0'],
  )
})

test('a survey finds the newest record of each lane that was ever claimed', async (t) => {
  const store = memoryStore()
  const put = (record: CommitRecord) =>
    store.put(recordKey(record.lane, record.index), encode(record))
  await put(aRecord({ index: 1 }))
  await put(aRecord({ index: 2, ended: 1, run: { number: 1, until: 5 } }))
  const merging = { ...lane, stage: 2 as const }
  await put(aRecord({ lane: merging, index: 1, ended: 1, sealed: 3_600_000 }))
  const lanes = [lane, merging, { ...lane, partition: 4 }]
  const found = await survey(lanes, store, virtualClock())
  t.deepEqual(
    found.records.map(({ index }) => index),
    [2, 1],
  )
  t.is(found.run, 2)
  t.is(found.sealed, 3_600_000)
})

const merging = (vector: CommitRecord['vector']): CommitRecord =>
  aRecord({ lane: { ...lane, stage: 2 }, ...(vector && { vector }) })

test('a new lane has no say in what the merging lanes had reached when they heard of it', (t) => {
  const position = (reduce: number) => ({ index: 0, watermarks: { reduce } })
  t.is(floorOf('a-3', [], undefined), -Infinity)
  t.is(floorOf('a-3', [merging({ 'a-3': { index: 0, watermarks: {} } })], undefined), -Infinity)
  t.is(floorOf('a-3', [merging({ 'a-3': position(50) }), merging({ 'a-3': position(70) })], 1), 70)
})

test('a new lane waits until every merging lane has heard of it', (t) => {
  t.is(
    floorOf('a-3', [merging({ 'a-3': { index: 0, watermarks: {} } }), merging({})], 1),
    undefined,
  )
})
