import test from 'ava'
import { checkEcommerce } from './check.ts'
import type { BucketObject, LogRecord } from './world.ts'

/** Two hours of one country: late, doubled and malformed ones among them. Nothing here was computed by a program. */
const event = (guid: string, time: string, value: number, more = ''): string =>
  `{"eventGuid":"${guid}","timestamp":${Date.parse(`2025-03-17T${time}:00Z`)},"country":"c","user_id":"${guid}","value":${value},"session_duration":10${more}}`

const values = [
  event('a', '08:10', 0.1),
  event('b', '08:20', 0.2, ',"extra":["],",{}]'),
  event('a', '08:50', 7),
  '{',
  event('c', '09:30', 1.5),
  event('d', '08:40', 9),
  event('', '09:31', 1),
  event('e', '09:40', 0.7),
]

const T = Date.parse('2025-03-17T10:00:00Z')
const records: LogRecord[] = values.map((value, offset) => ({
  partition: 0,
  offset,
  timestamp: T,
  value: Buffer.from(value),
}))

const array = (...rows: string[]): Buffer => Buffer.from(`[\n${rows.join(',\n')}\n]\n`)
const row = (offset: number): string => values[offset]!

const reject = (offset: number, operator: string, reason: string, problems: string[] = []) =>
  `${JSON.stringify({
    operator,
    reason,
    problems,
    topic: 'ecommerce-events',
    partition: 0,
    offset,
    timestamp: T,
    key: null,
    bytes: Buffer.from(row(offset)).toString('base64'),
    text: row(offset),
    pipeline: 'ecommerce',
    commit: 2,
  })}\n`

const total = (hour: string, count: number, sum: string, min: number, max: number): string =>
  `{"key":"2025-03-17T${hour}::country:c","window":"2025-03-17T${hour}:00:00.000Z","dimension":"country","value":"c",` +
  `"count":${count},"sum":${sum},"min":${min},"max":${max},"mean_session_duration":10,"unique_users":${count}}`

const RAW8 =
  'raw-json/year=2025/month=03/day=17/hour=08/events_2025-03-17T08-10-00-000Z_f-events-0-2-0.json'
const RAW8B =
  'raw-json/year=2025/month=03/day=17/hour=08/events_2025-03-17T08-40-00-000Z_f-events-0-2-2.json'
const RAW9 =
  'raw-json/year=2025/month=03/day=17/hour=09/events_2025-03-17T09-30-00-000Z_f-events-0-2-1.json'
const SUMS8 = 'aggregates/year=2025/month=03/day=17/hour=08/a.json'
const SUMS9 = 'aggregates/year=2025/month=03/day=17/hour=09/b.json'
const REJECTS = 'rejected/year=2025/month=03/day=17/hour=10/r.jsonl'

const rejects = [
  reject(3, 'parse', 'malformed JSON: …'),
  reject(6, 'validate', 'invalid event: eventGuid: too small', ['eventGuid: too small']),
  reject(5, 'window', 'late'),
]

/** What the pipeline must leave: 0.1 + 0.2 is 0.30000000000000004, a's second event repeats its first, d came too late. */
const right: Readonly<Record<string, Buffer>> = {
  [RAW8]: array(row(0), row(1), row(2)),
  [RAW8B]: array(row(5)),
  [RAW9]: array(row(4), row(7)),
  [SUMS8]: array(total('08', 2, '0.30000000000000004', 0.1, 0.2)),
  [SUMS9]: array(total('09', 2, '2.2', 0.7, 1.5)),
  [REJECTS]: Buffer.from(rejects.join('')),
  '_sluice/ecommerce/anything': Buffer.from('?'),
}

async function complaints(changes: Readonly<Record<string, Buffer | undefined>>): Promise<string> {
  const objects: BucketObject[] = []
  for (const [key, bytes] of Object.entries({ ...right, ...changes }))
    if (bytes) objects.push({ key, bytes })
  return (await checkEcommerce(records, objects)).complaints.join('\n')
}

test('what was made with care is right', async (t) => {
  const objects = Object.entries(right).map(([key, bytes]) => ({ key, bytes }))
  t.deepEqual(await checkEcommerce(records, objects), {
    complaints: [],
    valid: 6,
    rejected: 3,
    aggregates: 2,
  })
})

const lines = (...all: string[]): Buffer => Buffer.from(all.join(''))

/** Everything that can be wrong, and what is said of it. */
const mistakes: Record<string, [Readonly<Record<string, Buffer | undefined>>, RegExp]> = {
  'an archived event that is missing is lost': [
    { [RAW8]: array(row(0), row(2)) },
    /^raw 0 year=2025\/month=03\/day=17\/hour=08: the event at offset 1 is missing$/,
  ],
  'an object that is missing loses its events': [
    { [RAW9]: undefined },
    /offset 4 is missing\n.*offset 7 is missing$/,
  ],
  'an event that is archived twice is doubled': [
    { [RAW8]: array(row(0), row(1), row(1), row(2)) },
    /^raw-json.*: row 2 is there once more than in the log$/,
  ],
  'a copy of an object doubles its events': [
    { [RAW9.replace('2-1', '3-0')]: array(row(4), row(7)) },
    /row 0 is there once more.*\n.*row 1 is there once more/,
  ],
  'an event with one other character is altered': [
    { [RAW8]: array(row(0), row(1).replace('0.2', '0.3'), row(2)) },
    /row 1 is no valid event of this partition and hour\n.*offset 1 is missing$/,
  ],
  'an event whose text was written anew is altered': [
    { [RAW8]: array(row(0), row(1).replace('"country":', '"country": '), row(2)) },
    /row 1 is no valid event/,
  ],
  'an event in the folder of another hour is misplaced': [
    { [RAW8]: array(row(0), row(1), row(2), row(4)), [RAW9]: array(row(7)) },
    /hour=08.*row 3 is no valid event[^]*hour=09: the event at offset 4 is missing/,
  ],
  'events in another order are told': [
    { [RAW8]: array(row(0), row(2), row(1)) },
    /^raw 0 .*hour=08: its rows are not in the order of their offsets$/,
  ],
  'a rejected event in the archive is no valid one': [
    { [RAW9]: array(row(4), row(6), row(7)) },
    /row 1 is no valid event/,
  ],
  'an object named after another time is told': [
    { [RAW8]: undefined, [RAW8.replace('08-10', '08-11')]: right[RAW8] },
    /its first event is of 2025-03-17T08:10:00.000Z$/,
  ],
  'an object with another kind of name is told': [
    { 'raw-json/other.json': array() },
    /^raw-json\/other.json: not a name of a raw object$/,
  ],
  'an array that is cut off is told': [
    { [RAW8]: right[RAW8]!.subarray(0, -3) },
    /^raw-json.*: not a JSON array\n/,
  ],
  'a wrong sum is told, to the last digit': [
    { [SUMS8]: array(total('08', 2, '0.3', 0.1, 0.2)) },
    /T08::country:c is .*"sum":0.3,.*has to be .*"sum":0.30000000000000004,/,
  ],
  'a duplicate that counts is told': [
    { [SUMS8]: array(total('08', 3, '7.3', 0.1, 7)) },
    /T08::country:c is .*"count":3,.*has to be .*"count":2,/,
  ],
  'a late event that counts is told': [
    { [SUMS8]: array(total('08', 3, '9.3', 0.1, 9)) },
    /"count":3,/,
  ],
  'a key that is missing is told': [
    { [SUMS8]: undefined },
    /^aggregate 2025-03-17T08::country:c: missing \(2 events\)$/,
  ],
  'a key with two rows is told': [
    { [SUMS9]: array(total('09', 2, '2.2', 0.7, 1.5), total('09', 2, '2.2', 0.7, 1.5)) },
    /^aggregates.*T09::country:c is there twice$/,
  ],
  'a key that is not in the log is told': [
    { 'aggregates/year=2025/month=03/day=17/hour=10/c.json': array(total('10', 1, '1', 1, 1)) },
    /T10::country:c is no key of the log$/,
  ],
  'an aggregate in the folder of another hour is told': [
    {
      [SUMS8]: undefined,
      [SUMS9]: array(
        total('08', 2, '0.30000000000000004', 0.1, 0.2),
        total('09', 2, '2.2', 0.7, 1.5),
      ),
    },
    /T08::country:c is in the wrong folder$/,
  ],
  'a rejected record that is missing is lost': [
    { [REJECTS]: lines(rejects[0]!, rejects[2]!) },
    /^rejected 0 6: missing \(shape\)$/,
  ],
  'a late event that is not among the rejected ones is lost': [
    { [REJECTS]: lines(rejects[0]!, rejects[1]!) },
    /^rejected 0 5: missing \(late\)$/,
  ],
  'a record that is rejected twice is doubled': [
    { [REJECTS]: lines(...rejects, rejects[0]!) },
    /0 3 is rejected twice$/,
  ],
  'a valid record must not be rejected': [
    { [REJECTS]: lines(...rejects, reject(0, 'parse', 'malformed JSON')) },
    /0 0 must not be rejected \(malformed JSON\)$/,
  ],
  'rejected bytes that were altered are told': [
    { [REJECTS]: lines(rejects[0]!.replace('"bytes":"e', '"bytes":"f'), rejects[1]!, rejects[2]!) },
    /0 3 has other bytes$/,
  ],
  'another reason is told': [
    { [REJECTS]: lines(reject(3, 'parse', 'late'), rejects[1]!, rejects[2]!) },
    /0 3 is rejected because of late, not json$/,
  ],
  'a problem that is not named is told': [
    { [REJECTS]: lines(rejects[0]!, reject(6, 'validate', 'invalid event'), rejects[2]!) },
    /0 6 does not name the problem with eventGuid$/,
  ],
  'rejects in the folder of another hour are told': [
    { [REJECTS]: undefined, 'rejected/r.jsonl': right[REJECTS] },
    /(0 \d is in the wrong folder\n?){1}/,
  ],
}

for (const [title, [changes, expected]] of Object.entries(mistakes))
  test(title, async (t) => {
    t.regex(await complaints(changes), expected)
  })

test('a later run rejects the events of windows that an earlier one has closed', async (t) => {
  const objects = (reason: string): BucketObject[] =>
    Object.entries({
      ...right,
      [REJECTS]: lines(rejects[0]!, rejects[1]!, reject(5, 'window', reason)),
    }).map(([key, bytes]) => ({ key, bytes }))
  const settings = { earlierRuns: [[5]] }
  const closed = await checkEcommerce(records, objects('window closed by an earlier run'), settings)
  // 09:40 is of a window that the first run closed too
  t.deepEqual(closed.complaints, [
    `${SUMS9}: 2025-03-17T09::country:c is ${total('09', 2, '2.2', 0.7, 1.5)}, and has to be ${total('09', 1, '1.5', 1.5, 1.5)}`,
    'rejected 0 7: missing (closed)',
  ])
  const late = await checkEcommerce(records, objects('late'), settings)
  t.true(late.complaints.some((text) => text.endsWith('because of late, not closed')))
})
