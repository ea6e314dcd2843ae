import test from 'ava'
import { byField, byTime, hourly } from '../../../lib/index.ts'
import { archive, foldersOf } from './archive.ts'

test('integers beyond 2^53 are folders of their own, at any depth', async (t) => {
  const ids = ['9007199254740993', '9007199254740992', '-12345678901234567890']
  const events = ids.map((id) => `{"user":{"ids":[0,${id}]}}`)
  const layout = await archive(events, { partitionBy: byField('user.ids.1') })
  t.deepEqual(foldersOf(layout), [
    'user.ids.1=-12345678901234567890',
    'user.ids.1=9007199254740992',
    'user.ids.1=9007199254740993',
  ])
})

test('one number has one folder, however it is written', async (t) => {
  const events = ['1', '1.0', '1e0', '"1"'].map((n) => `{"n":${n}}`)
  t.deepEqual(foldersOf(await archive(events, { partitionBy: byField('n') })), ['n=1'])
  const zeros = ['0', '-0', '0.0', '"0"'].map((n) => `{"n":${n}}`)
  t.deepEqual(foldersOf(await archive(zeros, { partitionBy: byField('n') })), ['n=0'])
})

test('the last nanosecond of an hour lies in that hour', async (t) => {
  const partitionBy = byTime('HH-mm-ss-SSS', { by: { field: 'at', unit: 'ns' } })
  const layout = await archive(['{"at":1704106799999999999}', '{"at":"1704106799999999999"}'], {
    partitionBy,
  })
  t.deepEqual(foldersOf(layout), ['10-59-59-999'])
})

test('a record without a timestamp is rejected where folders are called after it, and one of 1970 is not', async (t) => {
  const layout = await archive(
    [
      { value: '{"n":0}', timestamp: 0 },
      { value: '{"n":1}', timestamp: -1 },
    ],
    { partitionBy: hourly({ by: 'record' }) },
  )
  t.deepEqual(foldersOf(layout), ['year=1970/month=01/day=01/hour=00'])
  t.deepEqual(layout.rejected, { 1: 'no timestamp: the log has none for the record' })
})
