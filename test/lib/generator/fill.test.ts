import test from 'ava'
import { fill, percentile } from '../../../lib/generator/fill.ts'
import type { NewRecord, Producer } from '../../../lib/ports.ts'
import { virtualClock } from '../../../lib/testing.ts'

const never = new AbortController().signal

/** Records with their numbers as keys. */
const source = (events: number) => {
  let made = 0
  return {
    take: (most: number): NewRecord[] =>
      Array.from({ length: Math.min(most, events - made) }, () => ({
        key: `${made++}`,
        value: '',
      })),
  }
}

const producer = (append: Producer['append']): Producer => ({
  partitions: 1,
  append,
  close: async () => {},
})

test('all records are appended, in the order of their making', async (t) => {
  const keys: unknown[] = []
  const clock = virtualClock()
  const to = producer(async (records) => void keys.push(...records.map(({ key }) => key)))
  const profile = await fill(to, source(20_000), { clock, signal: never })
  t.deepEqual(keys, [...Array(20_000).keys()].map(String))
  t.like(profile, { written: 20_000, failed: 0, firstFailure: undefined })
})

test('few batches are under way at a time, whatever there is to write', async (t) => {
  const clock = virtualClock()
  let underWay = 0
  let most = 0
  const to = producer(async () => {
    most = Math.max(most, ++underWay)
    await clock.sleep(10)
    underWay--
  })
  await clock.run(fill(to, source(50_000), { clock, signal: never }))
  t.is(most, 3)
})

test('the profile tells how long batches took, in order', async (t) => {
  const clock = virtualClock()
  let n = 0
  const to = producer(() => clock.sleep([30, 10, 20][n++ % 3]!))
  const profile = await clock.run(fill(to, source(7_500), { clock, signal: never }))
  t.deepEqual(profile.latencies, [10, 20, 30])
  t.is(percentile(profile, 0.5), 20)
  t.is(percentile(profile, 0.99), 30)
  t.is(profile.elapsed, 30)
})

test('the percentile of nothing is 0', (t) => {
  t.is(percentile({ latencies: [] }, 0.5), 0)
})

test('the first failure ends it, and what was under way is counted', async (t) => {
  const clock = virtualClock()
  let n = 0
  const to = producer(async () => {
    const batch = n++
    await clock.sleep(10 + batch)
    if (batch >= 4) throw new Error(`disk ${batch}`)
  })
  const profile = await clock.run(fill(to, source(100_000), { clock, signal: never }))
  t.is(profile.firstFailure, 'disk 4')
  t.is(profile.written, 10_000)
  t.is(profile.failed, 7_500)
})

test('a stop lets the batches under way end and writes no more', async (t) => {
  const clock = virtualClock()
  const stop = new AbortController()
  const to = producer(() => clock.sleep(10))
  const filling = fill(to, source(100_000), {
    clock,
    signal: stop.signal,
    progress: (written) => void (written >= 10_000 && stop.abort()),
  })
  const profile = await clock.run(filling)
  t.is(profile.failed, 0)
  t.is(profile.written, 15_000)
})
