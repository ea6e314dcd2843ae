import { gunzipSync, gzipSync } from 'node:zlib'
import test from 'ava'
import {
  byField,
  csv,
  definePipeline,
  gzip,
  jsonArray,
  jsonLines,
  rawBytes,
  tsv,
} from '../../../../lib/index.ts'
import {
  memoryLog,
  type MemoryLog,
  type MemoryStore,
  memoryStore,
  virtualClock,
} from '../../../../lib/testing.ts'
import { verify } from '../../../../lib/verify/verify.ts'
import { map, parse } from '../../../../operators/index.ts'
import { runToEnd } from '../../../pipelines/world.ts'

interface Event {
  readonly n: number
  readonly page: string
}

const layouts = definePipeline('layouts', ({ kafka, s3, rejected }) => {
  const all = kafka({ topic: 'events' }).through(parse<Event>())
  all.to(s3({ prefix: 'lines' }))
  all.to(s3({ prefix: 'array', format: jsonArray(), partitionBy: byField('page') }))
  all.to(s3({ prefix: 'packed', format: jsonLines(), compression: gzip() }))
  all.to(s3({ prefix: 'pages', partitionBy: byField('page') }))
  all.to(s3({ prefix: 'csv', format: csv({ header: true, include: ['offset'] }) }))
  all.to(s3({ prefix: 'tsv', format: tsv() }))
  all.to(s3({ prefix: 'wrapped', format: jsonLines({ include: ['offset'] }) }))
  all.to(s3({ prefix: 'raw', format: rawBytes() }))
  all.through(map(({ n }) => ({ twice: n * 2 }))).to(s3({ prefix: 'made' }))
  rejected.to(s3({ prefix: 'rejected' }))
})

/** Thirty events over three pages, as JSON with spaces in it. */
async function world(): Promise<{ log: MemoryLog; store: MemoryStore }> {
  const [log, store, clock] = [memoryLog(), memoryStore(), virtualClock()]
  await log.create('events', 1)
  const producer = await log.producer('events')
  for (let n = 0; n < 30; n++)
    await producer.append([{ key: null, value: `{"n": ${100 + n}, "page": "page-${n % 3}"}` }])
  await runToEnd({ clock, log, store }, { pipeline: layouts })
  return { log, store }
}

/** Change the rows of the one object under a prefix; says what `verify` finds. */
async function altered(
  prefix: string,
  change: (text: string) => string,
  packed = false,
  { log, store }: { log?: MemoryLog; store?: MemoryStore } = {},
): Promise<string[]> {
  const made = await world()
  const [theLog, theStore] = [log ?? made.log, store ?? made.store]
  const [object] = theStore.objects(prefix)
  const text = (packed ? gunzipSync(object!.bytes) : object!.bytes).toString()
  const bytes = Buffer.from(change(text))
  await theStore.put(object!.key, packed ? gzipSync(bytes) : bytes, { metadata: object!.metadata })
  const report = await verify({
    pipeline: 'layouts',
    store: theStore,
    log: theLog,
    clock: virtualClock(),
  })
  return report.findings.map(({ what }) => what)
}

const differs = (row: number, offset: number): RegExp =>
  new RegExp(`; row ${row} is the first that differs, of events-0@${offset}$`)

const missing = (row: number, offset: number): RegExp =>
  new RegExp(`; row ${row} is the first that is missing, of events-0@${offset}$`)

const once = (row: number, offset: number): RegExp =>
  new RegExp(`; row ${row} is the first that is there once more, of events-0@${offset}$`)

const without = (text: string, ...rows: number[]): string =>
  text
    .split('\n')
    .filter((_, at) => !rows.includes(at + 1))
    .join('\n')

const cases: Record<string, [prefix: string, (text: string) => string, RegExp, boolean?]> = {
  'a value in a line': ['lines', (text) => text.replace('117', '917'), differs(18, 17)],
  'two values: the first counts': [
    'lines',
    (text) => text.replace('117', '917').replace('125', '925'),
    differs(18, 17),
  ],
  'the first line': ['lines', (text) => text.replace('100', '900'), differs(1, 0)],
  'the last line': ['lines', (text) => text.replace('129', '929'), differs(30, 29)],
  'a line that is no JSON any more': [
    'lines',
    (text) => text.replace('{"n": 104', '["n": 104'),
    differs(5, 4),
  ],
  'a value behind a compression': [
    'packed',
    (text) => text.replace('117', '917'),
    differs(18, 17),
    true,
  ],
  'a value of a folder that has every third record': [
    'pages/page=page-1',
    (text) => text.replace('113', '913'),
    differs(5, 13),
  ],
  'an element of an array': [
    'array/page=page-2',
    (text) => text.replace('105', '905'),
    differs(2, 5),
  ],
  'a line that was taken out': ['lines', (text) => without(text, 8), missing(8, 7)],
  'lines that were cut off': ['lines', (text) => without(text, 29, 30), missing(29, 28)],
  'the last line of a folder': ['pages/page=page-1', (text) => without(text, 10), missing(10, 28)],
  'the first line of a folder': ['pages/page=page-1', (text) => without(text, 1), missing(1, 1)],
  'a line of a folder that was taken out of the middle': [
    'pages/page=page-1',
    (text) => without(text, 4),
    missing(4, 10),
  ],
  'an element of an array that was taken out': [
    'array/page=page-1',
    (text) => text.replace('{"n": 113, "page": "page-1"},\n', ''),
    missing(5, 13),
  ],
  'several lines of a folder, which can be any of those that others of its offsets are not in': [
    'pages/page=page-1',
    (text) => without(text, 4, 6),
    /written with 290: 10 rows of pages, of events-0 offsets 1 to 28$/,
  ],
  'a cell': ['csv', (text) => text.replace('117', '917'), differs(18, 17)],
  'a cell of columns without a header': [
    'tsv',
    (text) => text.replace('117', '917'),
    differs(18, 17),
  ],
  'a value beside its offset': ['wrapped', (text) => text.replace('117', '917'), differs(18, 17)],
  'a line that was put in': [
    'lines',
    (text) => text.replace('{"n": 110', '{"n": 999}\n{"n": 110'),
    /; row 11 is the first that differs, of an offset between 9 and 10$/,
  ],
  'a line that is there twice': [
    'lines',
    (text) => text.replace(/(.*"n": 110.*\n)/, '$1$1'),
    once(12, 10),
  ],
  'a line that was put over another one': [
    'lines',
    (text) => text.replace(/.*"n": 110.*/, '{"n": 108, "page": "page-2"}'),
    differs(11, 10),
  ],
  'two lines that have changed places': [
    'lines',
    (text) => text.replace(/(.*"n": 110.*\n)(.*"n": 111.*\n)(.*"n": 112.*\n)/, '$3$2$1'),
    /; row 11 is the first that is out of place, of events-0@12$/,
  ],
  'two cells that have changed places, behind a header': [
    'csv',
    (text) => text.replace(/(.*,110,.*\n)(.*,111,.*\n)/, '$2$1'),
    /; row 11 is the first that is out of place, of events-0@11$/,
  ],
  'a header': [
    'csv',
    (text) => text.replace('page', 'site'),
    /were written: 30 rows of csv, of events-0 offsets 0 to 29$/,
  ],
  'what operators have made anew': [
    'made',
    (text) => text.replace('234', '934'),
    /were written: 30 rows of made, of events-0 offsets 0 to 29$/,
  ],
  'raw bytes, which have no rows': [
    'raw',
    (text) => text.replace('117', '917'),
    /were written: 30 rows of raw, of events-0 offsets 0 to 29$/,
  ],
}

for (const [what, [prefix, change, finding, packed]] of Object.entries(cases))
  test(`verify names the first record that differs: ${what}`, async (t) => {
    const [found = '', ...more] = await altered(prefix, change, packed)
    t.deepEqual(more, [])
    t.regex(found, finding)
  })

test('what the log has no more cannot be held against it', async (t) => {
  const made = await world()
  made.log.trim('events', 0, 5)
  const [found] = await altered('lines', (text) => text.replace('117', '917'), false, made)
  t.regex(found!, /of lines, of events-0 offsets 0 to 29$/)
})
