import { existsSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { folderLog } from '../../../lib/local/log.ts'
import { partitionOf } from '../../../lib/murmur2.ts'
import type { Batch, Log } from '../../../lib/ports.ts'
import { testFolder } from './folder.ts'

async function recordsOf(
  log: Log,
  topic: string,
  partition: number,
  from: number,
  to: number,
): Promise<Batch['records']> {
  const batches: Batch[] = []
  for await (const batch of log.read(topic, partition, from, to)) batches.push(batch)
  return batches.flatMap(({ records }) => records)
}

test('a topic that is not there has no ranges, and looking for it makes nothing', async (t) => {
  const root = join(testFolder(t), 'log')
  const log = folderLog(root)
  t.is(await log.ranges('views'), undefined)
  await t.throwsAsync(log.producer('views'), { code: 'config', message: /no topic views in / })
  t.false(existsSync(root))
  await log.close()
})

test('the first who makes a topic decides on its partitions', async (t) => {
  const log = folderLog(testFolder(t))
  await log.create('views', 3)
  await log.create('views', 5)
  t.deepEqual(
    await log.ranges('views'),
    [0, 1, 2].map((partition) => ({ partition, low: 0, high: 0 })),
  )
  await log.close()
})

test('a name that cannot be a folder’s is no topic', async (t) => {
  const log = folderLog(testFolder(t))
  for (const name of ['', '..', '.sluice', 'a/b', 'a b', 'x'.repeat(250)])
    await t.throwsAsync(log.create(name, 1), { code: 'config', message: /cannot be the name/ })
  await log.close()
})

test('records come back as they were appended, each in its key’s partition', async (t) => {
  const log = folderLog(testFolder(t))
  await log.create('views', 4)
  const producer = await log.producer('views')
  const keys = Array.from({ length: 50 }, (_, i) => `key ${i}`)
  await producer.append(keys.map((key) => ({ key, value: `value of ${key}` })))
  await producer.append([
    {
      key: 'key 0',
      value: null,
      timestamp: 77,
      headers: { source: 'web', empty: '' },
      partition: 1,
    },
  ])
  const ranges = (await log.ranges('views'))!
  t.is(
    ranges.reduce((sum, { high }) => sum + high, 0),
    51,
  )

  const seen: string[] = []
  for (const { partition, high } of ranges)
    for (const record of await recordsOf(log, 'views', partition, 0, high)) {
      if (record.timestamp === 77) {
        t.deepEqual(record, {
          topic: 'views',
          partition: 1,
          offset: high - 1,
          timestamp: 77,
          key: Buffer.from('key 0'),
          headers: { source: Buffer.from('web'), empty: Buffer.alloc(0) },
          bytes: null,
        })
        continue
      }
      t.is(partitionOf(record.key!, 4), partition)
      t.is(record.bytes!.toString(), `value of ${record.key!.toString()}`)
      t.is(record.headers, undefined)
      seen.push(record.key!.toString())
    }
  t.deepEqual(seen.toSorted(), keys.toSorted())
  await log.close()
})

test('records without a key are spread evenly', async (t) => {
  const log = folderLog(testFolder(t))
  await log.create('views', 3)
  const producer = await log.producer('views')
  for (let i = 0; i < 3; i++)
    await producer.append([1, 2].map((n) => ({ key: null, value: `${n}` })))
  t.deepEqual(
    (await log.ranges('views'))!.map(({ high }) => high),
    [2, 2, 2],
  )
  await log.close()
})

test('appends that are not waited for keep their order', async (t) => {
  const log = folderLog(testFolder(t))
  await log.create('views', 1)
  const producer = await log.producer('views')
  const numbers = Array.from({ length: 200 }, (_, i) => `${i}`)
  await Promise.all(numbers.map((value) => producer.append([{ key: null, value }])))
  const records = await recordsOf(log, 'views', 0, 0, 200)
  t.deepEqual(
    records.map(({ bytes }) => bytes!.toString()),
    numbers,
  )
  await log.close()
})

test('a range of records begins and ends where it was asked to', async (t) => {
  const log = folderLog(testFolder(t))
  await log.create('views', 1)
  const producer = await log.producer('views')
  for (let i = 0; i < 40; i += 10)
    await producer.append(Array.from({ length: 10 }, (_, n) => ({ key: null, value: `${i + n}` })))
  const batches: Batch[] = []
  for await (const batch of log.read('views', 0, 15, 27)) batches.push(batch)
  t.is(batches[0]!.from, 15)
  t.is(batches.at(-1)!.next, 27)
  const offsets = batches.flatMap(({ records }) => records.map(({ offset }) => offset))
  t.deepEqual(
    offsets,
    Array.from({ length: 12 }, (_, i) => 15 + i),
  )
  await t.throwsAsync(recordsOf(log, 'views', 0, 38, 41), {
    code: 'log-range',
    message: /no offset 40 yet/,
  })
  await log.close()
})

test('a second producer of a topic is refused, and one of another topic is not', async (t) => {
  const log = folderLog(testFolder(t))
  await log.create('views', 1)
  await log.create('orders', 1)
  const producer = await log.producer('views')
  await t.throwsAsync(log.producer('views'), {
    code: 'config',
    message: new RegExp(`Process ${process.pid} writes to topic views`),
  })
  await t.notThrowsAsync(log.producer('orders'))
  await producer.close()
  await t.notThrowsAsync(log.producer('views'))
  await log.close()
})

test('a partition that the topic does not have takes no record of the append', async (t) => {
  const log = folderLog(testFolder(t))
  await log.create('views', 2)
  const producer = await log.producer('views')
  const records = [0, 2].map((partition) => ({ key: null, value: 'x', partition }))
  await t.throwsAsync(producer.append(records), { code: 'config', message: /no partition 2/ })
  await producer.append([{ key: null, value: 'y', partition: 1 }])
  t.deepEqual(
    (await log.ranges('views'))!.map(({ high }) => high),
    [0, 1],
  )
  await log.close()
})
