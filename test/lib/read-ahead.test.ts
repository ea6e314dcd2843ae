import test from 'ava'
import { readAhead } from '../../lib/read-ahead.ts'
import { meter } from '../support/meter.ts'

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
