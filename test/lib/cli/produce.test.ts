import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { folderLog } from '../../../lib/local/log.ts'
import type { SourceRecord } from '../../../lib/message.ts'
import { testFolder } from '../local/folder.ts'
import { sluice, start } from './command-line.ts'

/** All records of a topic in a folder, partition by partition. */
async function recordsIn(folder: string, topic: string): Promise<SourceRecord[]> {
  const log = folderLog(join(folder, 'data/log'))
  const all: SourceRecord[] = []
  for (const { partition, low, high } of (await log.ranges(topic)) ?? [])
    for await (const { records } of log.read(topic, partition, low, high)) all.push(...records)
  await log.close()
  return all
}

const shown = (records: readonly SourceRecord[]): [number, string | null, string][] =>
  records.map(({ partition, key, bytes }) => [partition, key && String(key), String(bytes)])

/** Run `produce` with this text as its standard input. */
async function produce(t: ExecutionContext, folder: string, words: string, text: string | Buffer) {
  const { child, ended } = start(t, folder, ['produce', ...words.split(' ')], {}, 'pipe')
  child.stdin!.end(text)
  return ended
}

test('lines of standard input become records of a new topic with one partition', async (t) => {
  const folder = testFolder(t)
  const { code, out, err } = await produce(
    t,
    folder,
    '--topic mine --key user.id',
    '{"user":{"id":"a"}}\r\n\n{"user":{"id":7}}',
  )
  t.is(code, 0, err)
  t.regex(out, /^mine: 2 records in [\d.]+ s\n$/)
  t.deepEqual(shown(await recordsIn(folder, 'mine')), [
    [0, 'a', '{"user":{"id":"a"}}'],
    [0, '7', '{"user":{"id":7}}'],
  ])
})

test('a bad line stops it with its number, and with what to do', async (t) => {
  const folder = testFolder(t)
  const { code, err } = await produce(t, folder, '--topic mine', '1\nx\n3\n')
  t.is(code, 1)
  t.regex(
    err,
    /^error: line 2 of standard input is no JSON: .*; 1 records are written to mine, and nothing from this line on: mend it and produce the rest \(tail -n \+2\), or say --bad-lines skip or send\n$/,
  )
  t.is((await recordsIn(folder, 'mine')).length, 1)
})

test('bad lines are counted where they do not stop it', async (t) => {
  const folder = testFolder(t)
  const { code, out, err } = await produce(
    t,
    folder,
    '--topic mine --bad-lines skip',
    `1\n${'x\n'.repeat(12)}3\n`,
  )
  t.is(code, 0)
  t.regex(out, /^mine: 2 records in .*\n {2}bad lines: 12, left out\n$/)
  t.is(err.match(/^line \d+ of standard input is no JSON: .*: left out$/gm)?.length, 10)
})

test('without a line nothing is written, and no topic is made', async (t) => {
  const folder = testFolder(t)
  const { code, out } = await produce(t, folder, '--topic mine', '')
  t.is(code, 0)
  t.is(out, 'mine: no lines in standard input, nothing written\n')
  t.deepEqual(await recordsIn(folder, 'mine'), [])
})

test('a signal ends it after the lines that came', async (t) => {
  const folder = testFolder(t)
  const { child, ended } = start(t, folder, ['produce', '--topic', 'mine'], {}, 'pipe')
  child.stdin!.write('1\n2\n')
  while ((await recordsIn(folder, 'mine')).length < 2) await sleep(20)
  child.kill('SIGINT')
  const { code, out } = await ended
  t.is(code, 130)
  t.regex(out, /^mine: 2 records in /)
})

test('samples are produced with their keys, into as many partitions as they say', async (t) => {
  const folder = testFolder(t)
  const { code, out } = await sluice(t, folder, 'produce users')
  t.is(code, 0)
  t.regex(out, /^test: 6 records in [\d.]+ s\n$/)
  const users = await recordsIn(folder, 'test')
  t.deepEqual(
    users.map(({ partition, offset, key }) => [partition, offset, key]),
    [0, 1, 2, 3, 4, 5].map((offset) => [0, offset, null]),
  )
  const again = await sluice(t, folder, 'produce users --partitions 3')
  t.regex(again.out, /^test: 6 records in .*\n {2}partitions: 1, since the topic was there already/)
  const empty = await sluice(t, folder, 'produce users --if-empty')
  t.regex(empty.out, /^test has records already at .*: nothing written\n$/)
  await sluice(t, folder, 'produce orders --partitions 2 --topic mine')
  const orders = await recordsIn(folder, 'mine')
  t.deepEqual([...new Set(orders.map(({ key }) => String(key)))].toSorted(), [
    '12345',
    '12346',
    '12347',
  ])
})

test('activities that are none are among the samples, as they stand', async (t) => {
  const folder = testFolder(t)
  const { code, out, err } = await sluice(t, folder, 'produce activity')
  t.is(code, 0)
  t.regex(out, /^activity: 16 records in .*\n {2}bad lines: 2, sent all the same\n$/)
  t.regex(err, /^line 6 of .*activity\.samples\.jsonl has no CustomerId: sent all the same$/m)
})

test('options that would change nothing are refused, and so is a name that is nobody’s', async (t) => {
  const folder = testFolder(t)
  await writeFile(join(folder, 'lines.jsonl'), '1\n')
  const wrong: [string, RegExp][] = [
    ['--topic mine --events 3', /--events is for generated records, and these are lines of/],
    ['users --key id', /--key is for lines of standard input, and these are samples: leave it out/],
    ['ecommerce --bad-lines skip', /--bad-lines is for lines of .* generated records: leave it/],
    ['usrs', /there is no pipeline usrs, and there are no such samples; .*; samples: .*users/],
    ['--key id', /which records\? the pipelines are: .*; or say --topic/],
    ['--topic a/b', /--topic takes letters, digits/],
    ['--topic mine --key a..b', /--key takes the name of a field such as id or user\.id/],
    ['--topic mine --bad-lines drop', /--bad-lines takes stop or skip or send, not 'drop'/],
  ]
  for (const [words, message] of wrong) {
    const { code, err } = await sluice(t, folder, `produce ${words}`)
    t.is(code, 2, words)
    t.regex(err, message)
    t.is(err.match(/\n/g)?.length, 1)
  }
})
