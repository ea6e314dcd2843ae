import test from 'ava'
import { setImmediate } from 'node:timers/promises'
import { runAll } from '../../../lib/verify/run-all.ts'
import { meter } from '../../support/meter.ts'

test('all jobs are run, and not more than the width at a time', async (t) => {
  const { job, most } = meter()
  let done = 0
  async function* jobs() {
    for (let n = 0; n < 20; n++)
      yield async () => {
        await job()
        done++
      }
  }
  await runAll(jobs(), 4)
  t.is(done, 20)
  t.is(most(), 4)
})

test('after an error no job is begun', async (t) => {
  let begun = 0
  async function* jobs() {
    for (;;) {
      begun++
      yield async () => {
        await setImmediate()
        throw new Error('no')
      }
    }
  }
  await t.throwsAsync(runAll(jobs(), 2), { message: 'no' })
  const then = begun
  await setImmediate()
  t.is(begun, then)
})
