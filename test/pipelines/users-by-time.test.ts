import test from 'ava'
import { at, crash, feed, restart } from '../../lib/testing.ts'
import usersByTime from '../../pipelines/users-by-time.ts'
import { contents, records, samples } from './samples.ts'

const users = samples('users')

/** The hours of the logins, by offset. */
const HOURS = [
  '2022/03/22/10',
  '2022/10/23/16',
  '2022/05/05/23',
  '2022/01/19/18',
  '2022/04/25/21',
  '2022/07/14/09',
]

const keyOf = (hour: string, offset: number): string => {
  const [year, month, day, hours] = hour.split('/')
  return `warehouse/test/year=${year}/month=${month}/day=${day}/hour=${hours}/test+0+000000000${offset}.json`
}

const run = (values: Readonly<Record<string, unknown>>) =>
  feed(...records(users)).into(usersByTime, { values })

const keysOf = async (values: Readonly<Record<string, unknown>>): Promise<string[]> =>
  Object.keys(contents(await run(values), 'warehouse'))

test('users lie in the hour of their login', async (t) => {
  const [first, ...others] = records(users)
  const outcome = await feed(first!, crash(), restart(), ...others).into(usersByTime)
  t.deepEqual(
    contents(outcome, 'warehouse'),
    Object.fromEntries(HOURS.map((hour, i) => [keyOf(hour, i), `${users[i]}\n`])),
  )
  await outcome.expectNoLoss()
})

test('or in the hour in which their record was produced, or is written', async (t) => {
  for (const timestamp of ['record', 'wallclock'])
    t.deepEqual(await keysOf({ timestamp }), [keyOf('2024/01/01/09', 0)])
})

test('the hour is that of the zone', async (t) => {
  const keys = await keysOf({ zone: 'Asia/Kolkata', pathFormat: 'YYYY-MM-dd-HH' })
  t.true(keys.includes('warehouse/test/2022-03-22-15/test+0+0000000000.json'))
  t.true(keys.includes('warehouse/test/2022-05-06-04/test+0+0000000002.json'))
})

test('months are called as the locale calls them', async (t) => {
  const keys = await keysOf({ locale: 'de', pathFormat: "'monat'=MMMM" })
  t.true(keys.includes('warehouse/test/monat=März/test+0+0000000000.json'))
})

test('a folder holds the time that it is told to', async (t) => {
  const lines = ['2022-03-22T10:14:59Z', '2022-03-22T10:15:00Z', '2022-03-22T10:29:59.999Z']
  const outcome = await feed(
    ...records(lines.map((time, id) => JSON.stringify({ id, login_timestamp: time }))),
  ).into(usersByTime, { values: { folderDuration: 15 * 60_000, pathFormat: 'HH-mm' } })
  t.deepEqual(Object.keys(contents(outcome, 'warehouse')), [
    'warehouse/test/10-00/test+0+0000000000.json',
    'warehouse/test/10-15/test+0+0000000001.json',
  ])
})

test('another field, in another unit', async (t) => {
  const outcome = await feed(at('09:00', { id: 1, seen: 1_647_944_049 })).into(usersByTime, {
    values: { timestampField: 'seen', timestampUnit: 's' },
  })
  t.deepEqual(Object.keys(contents(outcome, 'warehouse')), [keyOf('2022/03/22/10', 0)])
})

test('a user without a time is set aside with the reason', async (t) => {
  const outcome = await feed(
    at('09:00', { id: 1, login_timestamp: 'yesterday' }),
    at('09:01', { id: 2 }),
  ).into(usersByTime)
  const reasons = outcome.rows<{ reason: string }>('rejected').map(({ reason }) => reason)
  t.is(reasons.length, 2)
  for (const reason of reasons) t.regex(reason, /login_timestamp/)
  await outcome.expectNoLoss()
})
