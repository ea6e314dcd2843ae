import test from 'ava'
import { byTime, minutes } from '../../../lib/index.ts'
import type { ByTimeOptions } from '../../../lib/s3/partitioner/by-time.ts'
import { archive, foldersOf } from './archive.ts'

const iso = { field: 'at', unit: 'iso' } as const
const ms = { field: 'at', unit: 'ms' } as const

const cases: readonly [
  what: string,
  pattern: string,
  options: ByTimeOptions<unknown>,
  folders: Readonly<Record<string, string>>,
][] = [
  [
    'paths are taken as Kafka Connect has them, with quotes around names or with names and equals signs',
    "'year='YYYY_'month'=MM/day=dd/",
    { by: iso },
    { '"2017-03-02T18:00:00Z"': 'year=2017_month=03/day=02' },
  ],
  [
    'one letter fills nothing up',
    "'year'=YYYY/'month'=M/'day'=d/'hour'=H",
    { by: iso, zone: 'America/Los_Angeles' },
    { '"2015-04-02T01:00:00-07:00"': 'year=2015/month=4/day=2/hour=1' },
  ],
  [
    'the days between the years are in the year of the calendar, and in the year of their week where that is said',
    "yyyy-MM-dd/xxxx-'W'ww",
    { by: iso },
    {
      '"2024-12-30"': '2024-12-30/2025-W01',
      '"2021-01-03"': '2021-01-03/2020-W53',
      '"9999-12-31T23:59:59.999999999Z"': '9999-12-31/9999-W52',
    },
  ],
  [
    'times before 1970 are rounded down',
    'YYYY-MM-dd--HH-mm-ss-SSS',
    { by: ms },
    { '-1': '1969-12-31--23-59-59-999', '-3600001': '1969-12-31--22-59-59-999' },
  ],
  [
    'digits are of the unit that is said, in texts as well',
    'YYYY-MM-dd-HH-mm',
    { by: ms },
    { '"20150402"': '1970-01-01-05-35', '1425168000': '1970-01-17-11-52' },
  ],
  [
    'the hour that comes twice is two folders where the pattern has the offset',
    'HH-mmXXX',
    { by: iso, zone: 'Europe/Berlin' },
    { '"2024-10-27T00:30:00Z"': '02-30%2B02%3A00', '"2024-10-27T01:30:00Z"': '02-30%2B01%3A00' },
  ],
  [
    'a text without a zone in the hour that is left out is as late after the change',
    'HH-mm',
    { by: iso, zone: 'America/New_York' },
    { '"2024-03-10T02:30:00"': '03-30' },
  ],
  [
    'half hours of clocks and of their changes are kept',
    'MM-dd-HH-mm',
    { by: iso, zone: 'Australia/Lord_Howe' },
    {
      '"2024-04-06T14:59:59Z"': '04-07-01-59',
      '"2024-04-06T15:00:00Z"': '04-07-01-30',
      '"2024-10-05T15:30:00Z"': '10-06-02-30',
    },
  ],
  [
    'quarters of an hour count from local midnight',
    'HH-mm',
    { by: iso, zone: 'Asia/Kathmandu', duration: minutes(30) },
    { '"2024-01-01T18:14:59Z"': '23-30', '"2024-01-01T18:15:00Z"': '00-00' },
  ],
  [
    'a day that a zone has left out has no folder',
    'YYYY-MM-dd',
    { by: iso, zone: 'Pacific/Apia' },
    { '"2011-12-30T09:59:59.999Z"': '2011-12-29', '"2011-12-30T10:00:00Z"': '2011-12-31' },
  ],
  [
    'names of months, days and halves of the day are in the language that is said',
    "EEEE 'der' d. MMMM/hh a",
    { by: iso, locale: 'de' },
    { '"2024-03-04T15:00:00Z"': 'Montag der 4. März/03 PM' },
  ],
]

for (const [what, pattern, options, folders] of cases)
  test(what, async (t) => {
    for (const [at, folder] of Object.entries(folders)) {
      const layout = await archive([`{"at":${at}}`], { partitionBy: byTime(pattern, options) })
      t.deepEqual(foldersOf(layout), [folder], at)
    }
  })

test('what is no time is set aside with the reason, each record for itself', async (t) => {
  const wrong = [
    '"2023-02-30"',
    '"2024-01-01T24:00:00Z"',
    '"2024-01-01T23:59:60Z"',
    '"yesterday"',
    '1704103200000',
    'null',
    '""',
    '[1]',
    'true',
  ]
  const layout = await archive(
    [...wrong.map((at) => `{"at":${at}}`), '{}', '{"at":"2024-02-29"}'],
    { partitionBy: byTime('MM-dd', { by: iso }) },
  )
  t.deepEqual(foldersOf(layout), ['02-29'])
  t.deepEqual(Object.keys(layout.rejected).map(Number), [...wrong.keys(), wrong.length])
  for (const reason of Object.values(layout.rejected))
    t.regex(reason, /^no folder by the time in 'at': /)
})
