import { mkdirSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fc } from '@fast-check/ava'
import test from 'ava'
import { FrameWriter } from '../../../lib/local/frame.ts'
import { PartitionReader } from '../../../lib/local/partition-reader.ts'
import { PartitionWriter } from '../../../lib/local/partition-writer.ts'
import { segmentFile, segmentsOf } from '../../../lib/local/segment.ts'
import { testFolder } from './folder.ts'

function frameOf(base: number, values: readonly Uint8Array[]): Buffer {
  const frame = new FrameWriter()
  for (const value of values) frame.add(null, value, undefined, 0)
  return frame.take(base)
}

async function readAll(folder: string, from = 0): Promise<string[]> {
  const reader = new PartitionReader('views', 0, folder)
  const values: string[] = []
  try {
    let read = await reader.read(await reader.find(from))
    while (read !== undefined) {
      for (const { offset, bytes } of read.batch.records)
        values.push(`${offset}:${bytes!.subarray(0, 20).toString()}`)
      read = await reader.read(read.cursor)
    }
    return values
  } finally {
    await reader.close()
  }
}

test('wherever a segment was cut, a writer goes on after its last whole frame', async (t) => {
  const folder = testFolder(t)
  const file = segmentFile(folder, 0)
  const frames = [frameOf(0, [Buffer.from('a')]), frameOf(1, [Buffer.from('b'), Buffer.from('c')])]
  const whole = Buffer.concat(frames)
  for (let cut = 0; cut <= whole.length; cut++) {
    writeFileSync(file, whole.subarray(0, cut))
    const kept = cut < frames[0]!.length ? 0 : cut < whole.length ? 1 : 3
    t.deepEqual(await readAll(folder), ['0:a', '1:b', '2:c'].slice(0, kept), `read ${cut}`)

    const { writer, next } = await PartitionWriter.open(folder)
    t.is(next, kept, `cut ${cut}`)
    await writer.append([frameOf(next, [Buffer.from('new')])], next)
    await writer.close()
    const expected = [...['0:a', '1:b', '2:c'].slice(0, kept), `${kept}:new`]
    t.deepEqual(await readAll(folder), expected, `written ${cut}`)
  }
})

test('what was written in any frames is read from any offset', async (t) => {
  const sizes = fc.array(
    fc.array(fc.integer({ min: 0, max: 200_000 }), { minLength: 1, maxLength: 6 }),
    {
      minLength: 1,
      maxLength: 6,
    },
  )
  let run = 0
  const root = testFolder(t)
  await fc.assert(
    fc.asyncProperty(sizes, fc.nat(), async (appends, n) => {
      const folder = join(root, String(run++))
      mkdirSync(folder)
      writeFileSync(segmentFile(folder, 0), '')
      const { writer } = await PartitionWriter.open(folder)
      let base = 0
      for (const append of appends) {
        await writer.append(
          [
            frameOf(
              base,
              append.map((size) => Buffer.alloc(size)),
            ),
          ],
          base,
        )
        base += append.length
      }
      await writer.close()
      const from = n % (base + 1)
      const offsets = (await readAll(folder, from)).map((value) => Number.parseInt(value))
      t.deepEqual(
        offsets,
        Array.from({ length: base - from }, (_, i) => from + i),
      )
    }),
    { numRuns: 25 },
  )
})

test('a partition goes on in a new segment, and a damaged one is named', async (t) => {
  const folder = testFolder(t)
  writeFileSync(segmentFile(folder, 0), '')
  const reader = new PartitionReader('views', 0, folder)
  t.deepEqual(await reader.range(), { low: 0, high: 0 })
  const { writer } = await PartitionWriter.open(folder)
  const value = Buffer.alloc(12 * 1024 * 1024)
  for (let offset = 0; offset < 7; offset++) await writer.append([frameOf(offset, [value])], offset)
  await writer.close()
  t.deepEqual(await segmentsOf(folder), [0, 6])
  t.deepEqual(await reader.range(), { low: 0, high: 7 })
  await reader.close()
  const again = await PartitionWriter.open(folder)
  t.is(again.next, 7)
  await again.writer.close()
  t.is((await readAll(folder)).length, 7)
  t.is((await readAll(folder, 6)).length, 1)

  truncateSync(segmentFile(folder, 0), statSync(segmentFile(folder, 0)).size - 1)
  await t.throwsAsync(readAll(folder), {
    code: 'corrupt',
    message: /0{20}\.log is damaged at byte \d+: records 5 to 5 cannot be read/,
  })
})

test('offsets below the first segment are not there any more', async (t) => {
  const folder = testFolder(t)
  writeFileSync(segmentFile(folder, 100), '')
  await t.throwsAsync(readAll(folder, 99), { code: 'log-range', message: /offset 99/ })
  t.deepEqual(await readAll(folder, 100), [])
})
