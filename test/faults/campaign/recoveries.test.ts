import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { FaultLog } from './fault-log.ts'
import { Recoveries } from './recoveries.ts'
import { newState } from './state.ts'

/** A campaign whose clock stands still until it is told. */
async function scene(t: ExecutionContext) {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-campaign-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const state = newState({ events: 1, kills: 1, seed: 1, store: 'versitygw', memory: 1 }, 0)
  const clock = { time: 0 }
  const faults = new FaultLog(folder, state, () => clock.time)
  const recoveries = new Recoveries(state, faults, () => clock.time)
  const record = (kind: string, partition: number, pid: number, stage = 1): void => {
    const lane = { partition, stage }
    recoveries.heard({
      method: 'PUT',
      path: `/bucket/_sluice/x/x/${partition}/commits/1.json`,
      status: 200,
      body: Buffer.from(JSON.stringify({ kind, host: `host/${pid}`, records: 9, lane })),
    })
  }
  return { folder, state, clock, faults, recoveries, record }
}

test('a lane has recovered from a kill with the next commit of whoever takes it up', async (t) => {
  const { state, clock, faults, recoveries, record } = await scene(t)
  record('commit', 0, 11)
  record('commit', 1, 12)
  const cleared = faults.begin('kill -9', 'of 11')
  const recovered = recoveries.lost('kill -9', 11)
  clock.time = 3_000
  record('commit', 1, 12)
  record('claim', 0, 12)
  record('commit', 0, 12, 2)
  t.deepEqual(state.recoveries, [])
  clock.time = 4_000
  record('commit', 0, 12)
  await recovered
  cleared('taken up')
  t.deepEqual(state.recoveries, [{ after: 'kill -9', ms: 4_000, alone: true, round: 0 }])
  t.is(state.claims, 1)
})

test('a recovery is not alone when something else goes wrong before, or meanwhile', async (t) => {
  const { state, faults, recoveries, record } = await scene(t)
  record('commit', 0, 11)
  faults.begin('kill -9', 'of 11')
  void recoveries.lost('kill -9', 11)
  const cleared = faults.begin('store paused', 'pause')
  void recoveries.back('store paused')
  cleared('resume')
  record('commit', 0, 12)
  t.deepEqual(
    state.recoveries.map(({ after, alone }) => [after, alone]),
    [
      ['kill -9', false],
      ['store paused', false],
    ],
  )
})

test('time is told by how many faults there are at once, and a fault by how it was cleared', async (t) => {
  const { folder, state, clock, faults } = await scene(t)
  const first = faults.begin('sleep', 'of 1')
  clock.time = 10
  const second = faults.begin('leave', 'of 2')
  clock.time = 30
  first('SIGCONT')
  clock.time = 60
  second('back')
  clock.time = 100
  faults.rest()
  clock.time = 1_000
  faults.begin('sleep', 'of 3')
  t.deepEqual(state.hostile, [40, 40, 20])
  t.deepEqual(state.faults, { sleep: 2, leave: 1 })
  const lines = (await readFile(join(folder, 'faults.jsonl'), 'utf8')).trim().split('\n')
  t.like(JSON.parse(lines[0]!), { kind: 'sleep', what: 'of 1', lasted: 30, how: 'SIGCONT' })
})
