import test from 'ava'
import { lineOf } from '../../../lib/cli/log.ts'
import type { CommitRecord } from '../../../lib/commit/record.ts'
import { virtualClock } from '../../../lib/testing.ts'
import { history, type HistoryOptions } from '../../../lib/verify/history.ts'
import { twoRuns } from './views.ts'

async function records(options: Partial<HistoryOptions>): Promise<CommitRecord[]> {
  const { store } = await twoRuns()
  const all: CommitRecord[] = []
  for await (const record of history({
    pipeline: 'views',
    store,
    clock: virtualClock(),
    ...options,
  }))
    all.push(record)
  return all
}

test('the history has every record of all lanes, the newest first', async (t) => {
  const all = await records({})
  t.is(all.length, 24)
  for (const [i, { at }] of all.slice(1).entries()) t.true(at <= all[i]!.at)
})

test('the history of one partition has both stages of its lane, each from its newest record down', async (t) => {
  const all = await records({ partition: 1 })
  for (const stage of [1, 2]) {
    const indices = all.filter(({ lane }) => lane.stage === stage).map(({ index }) => index)
    t.deepEqual(indices, [6, 5, 4, 3, 2, 1])
  }
  t.true(all.every(({ lane }) => lane.partition === 1))
})

test('a commit is told in one line', async (t) => {
  const commit = (await records({ partition: 0 })).find(
    ({ lane, index }) => lane.stage === 1 && index === 2,
  )
  t.regex(
    lineOf(commit!),
    /^views-0 2 {2}commit {3}2024-01-01 12:00:00 {2}[0-9a-f]{8} {2}0\.\.125 {2}125 records {2}5 objects {2}watermark 2024-01-01T04:07:00\.000Z {2}state [\d.]+ KB {2}end of run 1$/,
  )
})
