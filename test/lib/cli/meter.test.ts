import test from 'ava'
import { Meter } from '../../../lib/cli/meter.ts'
import { memoryLog, virtualClock } from '../../../lib/testing.ts'

const views = (partition: number) => ({ topic: 'views', partition })

/** The line without the memory, which is this process's own. */
const shown = (meter: Meter): string => meter.line().split('  ').slice(0, -1).join('  ')

test('it counts what groups read, how fast, and what is left', async (t) => {
  const clock = virtualClock()
  const meter = new Meter(clock)
  const memory = memoryLog({ clock, batchRecords: 40 })
  const log = meter.watch(memory)
  await log.create('views', 1)
  const producer = await log.producer('views')
  const records = Array.from({ length: 100 }, () => ({ key: null, value: 'x' }))
  await producer.append(records)
  t.is(shown(meter), '0 records  0/s  lag 0  0 objects')

  await log.ranges('views')
  const batches: number[] = []
  const group = await log.join({
    topics: await log.topics(['views']),
    group: 'test',
    pollTimeout: 500,
    listener: {
      assigned: () => undefined,
      batch: (batch) => {
        batches.push(batch.records.length)
        if (batches.length === 2) group.pause([views(0)])
      },
      failed: (error) => t.fail(error.message),
    },
  })
  await clock.settle()
  group.seek(views(0), 0)
  group.resume([views(0)])
  await clock.advance(2_000)
  t.deepEqual(batches, [40, 40])
  meter.objects += 3
  t.is(shown(meter), '80 records  40/s  lag 20  3 objects')

  await producer.append(records)
  await log.ranges('views')
  await clock.advance(3_000)
  t.is(shown(meter), '80 records  16/s  lag 120  3 objects')
  await clock.advance(8_000)
  t.is(shown(meter), '80 records  0/s  lag 120  3 objects')
  await group.leave()
})

test('its first line knows the rate since the start', async (t) => {
  const clock = virtualClock()
  const meter = new Meter(clock)
  const log = meter.watch(memoryLog({ clock }))
  await log.create('views', 1)
  const producer = await log.producer('views')
  await producer.append(Array.from({ length: 100 }, () => ({ key: null, value: 'x' })))
  const group = await log.join({
    topics: await log.topics(['views']),
    group: 'test',
    pollTimeout: 500,
    listener: {
      assigned: () => undefined,
      batch: () => undefined,
      failed: (error) => t.fail(error.message),
    },
  })
  await clock.settle()
  group.seek(views(0), 0)
  group.resume([views(0)])
  await clock.advance(10_000)
  t.is(shown(meter), '100 records  10/s  lag 0  0 objects')
  await group.leave()
})
