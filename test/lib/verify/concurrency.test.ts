import test from 'ava'
import { setImmediate } from 'node:timers/promises'
import { readAhead, runAll } from '../../../lib/verify/concurrency.ts'

/** Counts how many calls are under way at the same time. */
function meter() {
  let now = 0
  let most = 0
  const job = async (): Promise<void> => {
    most = Math.max(most, ++now)
    await setImmediate()
    now--
  }
  return { job, most: () => most }
}

test('what is read ahead comes in order, and not more than the width is under way', async (t) => {
  const { job, most } = meter()
  const results: number[] = []
  const items = Array.from({ length: 20 }, (_, n) => n)
  for await (const n of readAhead(items, 4, async (item) => (await job(), item))) results.push(n)
  t.deepEqual(results, items)
  t.is(most(), 4)
})

test('an error comes in its turn', async (t) => {
  const read = async (n: number): Promise<number> => {
    if (n === 2) throw new Error('no 2')
    return n
  }
  const results: number[] = []
  await t.throwsAsync(
    async () => {
      for await (const n of readAhead([0, 1, 2, 3], 4, read)) results.push(n)
    },
    { message: 'no 2' },
  )
  t.deepEqual(results, [0, 1])
})

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
