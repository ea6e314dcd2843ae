import test from 'ava'
import { Chain, recordKey } from '../../../lib/commit/chain.ts'
import { bundlePrefix } from '../../../lib/commit/bundle.ts'
import { TOKEN } from '../../../lib/commit/publish.ts'
import { type CommitRecord, encode, type LaneName } from '../../../lib/commit/record.ts'
import type { Log } from '../../../lib/ports.ts'
import {
  memoryLog,
  type MemoryStore,
  type StoredObject,
  virtualClock,
} from '../../../lib/testing.ts'
import { type Report, verify } from '../../../lib/verify/verify.ts'
import { append, run, twoRuns } from './views.ts'

const clock = virtualClock()

const audit = (store: MemoryStore, log?: Log): Promise<Report> =>
  verify({ pipeline: 'views', store, clock, ...(log && { log }) })

const linesOf = ({ findings }: Report): string[] =>
  findings.map(({ kind, where, what }) => `${kind} ${where}: ${what}`)

const lane = (partition: number, stage: 1 | 2 = 1): LaneName => ({
  pipeline: 'views',
  topic: 'views',
  partition,
  stage,
})

const objectAt = (store: MemoryStore, key: string): StoredObject => {
  const [object] = store.objects(key)
  if (!object) throw new Error(`no object at ${key}`)
  return object
}

/** Put other bytes at a key, with the metadata that is there. */
async function replace(
  store: MemoryStore,
  key: string,
  change: (bytes: Buffer) => Buffer,
): Promise<void> {
  const { bytes, metadata } = objectAt(store, key)
  await store.put(key, change(Buffer.from(bytes)), { metadata })
}

async function copy(store: MemoryStore, from: string, to: string, isBare = false): Promise<void> {
  const { bytes, metadata } = objectAt(store, from)
  await store.put(to, bytes, isBare ? {} : { metadata })
}

async function swap(store: MemoryStore, a: string, b: string): Promise<void> {
  const [first, second] = [objectAt(store, a), objectAt(store, b)]
  await store.put(a, second.bytes, { metadata: second.metadata })
  await store.put(b, first.bytes, { metadata: first.metadata })
}

/** Rewrite a commit record. */
async function edit(
  store: MemoryStore,
  of: LaneName,
  index: number,
  change: (record: CommitRecord) => CommitRecord,
): Promise<void> {
  const stored = await new Chain(of, store, clock).read(index)
  if (!stored) throw new Error(`no record ${index}`)
  await store.put(recordKey(of, index), encode(change(stored.record)))
}

const newest = async (store: MemoryStore, of: LaneName): Promise<CommitRecord> => {
  const stored = await new Chain(of, store, clock).newest()
  if (!stored) throw new Error('an empty chain')
  return stored.record
}

/** One other bit. */
const flip = (bytes: Buffer, at = bytes.length >> 1): Buffer => {
  bytes[at] = bytes[at]! ^ 1
  return bytes
}

const RAW = 'raw/page=page-0/views+0+0000000000.json'
const OTHER = 'raw/page=page-1/views+0+0000000002.json'
const LINES = 'lines/views+1+0000000000.jsonl'
const HOURLY = 'hourly/views+views-1+2.jsonl'

test('what a pipeline has written is verified, against the log too', async (t) => {
  const { store, log } = await twoRuns()
  const report = await audit(store, log)
  t.deepEqual(linesOf(report), [])
  t.is(
    report.lanes.reduce((sum, { records }) => sum + records, 0),
    400,
  )
  t.is(report.sinks['raw']?.kept, 392)
  t.is(report.sinks['raw']?.rows, 392)
  t.deepEqual(report.sinks['reduce']?.dropped, { dedupe: 8 })
  t.is(report.reasons['malformed JSON'] ?? 0, 8)
  t.is(report.lanes[0]?.log?.checked, 200)
  t.is(report.lanes[0]?.pending, 0)
})

test('an audit changes nothing', async (t) => {
  const { store, log } = await twoRuns()
  const before = store.objects()
  await audit(store, log)
  t.deepEqual(store.objects(), before)
})

/** Every way to damage a bucket, and the findings that name it. */
const damages: Record<string, [(store: MemoryStore) => Promise<unknown>, ...RegExp[]]> = {
  'an object that was deleted is lost, with its offsets': [
    (store) => store.delete([RAW]),
    /^lost raw\/page=page-0\/views\+0\+0000000000.json: it is gone: 42 rows of raw, of views-0 offsets 0 to 123$/,
  ],
  'results of stage two that were deleted are lost': [
    (store) => store.delete([HOURLY]),
    /^lost hourly\/views\+views-1\+2.jsonl: it is gone: \d+ rows of hourly$/,
  ],
  'a truncated object is altered': [
    (store) => replace(store, RAW, (bytes) => bytes.subarray(0, -3)),
    /^altered raw.*2333 bytes, it was written with 2336: 42 rows/,
  ],
  'an object with one other byte is altered': [
    (store) => replace(store, LINES, (bytes) => flip(bytes)),
    /^altered lines.*its 3797 bytes are others than were written/,
  ],
  'an object with the right bytes and no token is altered': [
    (store) => copy(store, RAW, RAW, true),
    /^altered raw.*its metadata is gone/,
  ],
  'a copy beside an object doubles its rows': [
    (store) => copy(store, RAW, 'raw/page=page-0/copy.json'),
    /^doubled raw\/page=page-0\/copy.json: it bears the token of views-0 record 2, which does not list it$/,
  ],
  'a copy of the bytes alone doubles rows too': [
    (store) => copy(store, RAW, 'raw/copy.json', true),
    /^doubled raw\/copy.json: it has the very bytes of an object that the ledger lists$/,
  ],
  'two objects that changed places are both altered': [
    (store) => swap(store, RAW, OTHER),
    /^altered raw\/page=page-0/,
    /^altered raw\/page=page-1/,
  ],
  'a record that is gone leaves a hole': [
    (store) => store.delete([recordKey(lane(0), 2)]),
    /^lost views-0 record 2: the chain has no such record any more$/,
  ],
  'a first record that is gone leaves a hole': [
    (store) => store.delete([recordKey(lane(0), 1)]),
    /^lost views-0 record 1: the chain has no such record any more$/,
  ],
  'newest records that are gone are missed by the objects they listed and by stage two': [
    (store) => store.delete([recordKey(lane(0), 6), recordKey(lane(0), 5)]),
    /^lost views-0: its chain ends at record 4, but views-0 merge has merged its record 5$/,
    /^lost views-0: its chain ends at record 4, but views-1 merge has merged its record 5$/,
    /^lost views-0 record 5: the chain ends at record 4, but 5 objects bear the token of record 5/,
  ],
  'a chain that is gone is missed, whatever is left of its lane': [
    async (store) =>
      store.delete(store.objects('_sluice/views/views/0/commits/').map(({ key }) => key)),
    /^lost views-0: its chain of records is gone$/,
    /^lost views-0: its chain ends at record 0/,
    /^lost views-0: its chain ends at record 0/,
    /^lost views-0 record 2: .* 5 objects bear the token/,
    /^lost views-0 record 5: .* 5 objects bear the token/,
  ],
  'a record that was edited is known by its successor': [
    (store) => edit(store, lane(1), 2, (record) => ({ ...record, host: 'elsewhere' })),
    /^altered views-1 record 3: .*that one was altered since, or this one$/,
  ],
  'a record that is no JSON any more is altered': [
    (store) => replace(store, recordKey(lane(1), 2), () => Buffer.from('{"v":1')),
    /^altered views-1 record 2: it is not a commit record any more$/,
  ],
  'a record that is other JSON is altered': [
    (store) => replace(store, recordKey(lane(1), 2), () => Buffer.from('{}')),
    /^altered views-1 record 2: it is not a commit record any more$/,
  ],
  'a newest record that was edited to another number of records contradicts itself': [
    (store) => edit(store, lane(0), 6, (record) => ({ ...record, records: 1 })),
    /^contradiction views-0 record 6: it is a release and has records$/,
    /^doubled views-0 record 6: it has 1 records at 0 offsets/,
  ],
  'a newest record that was edited to another watermark contradicts the one before it': [
    (store) => edit(store, lane(0), 6, (record) => ({ ...record, watermark: 0 })),
    /^contradiction views-0 record 6: it is a release and has another watermark than the record before it$/,
  ],
  'an older copy of a record in the place of a newer one is altered': [
    (store) => copy(store, recordKey(lane(0), 3), recordKey(lane(0), 6)),
    /^contradiction views-0 record 6: it says that it is record 3$/,
    /^altered views-0 record 6: /,
    /^doubled views-0 record 6: it begins at offset 125, but the one before it ends at 200$/,
    /^contradiction views-0 record 6: its owner \w+ has not claimed the lane/,
    /^contradiction views-0 record 6: it opens windows that were closed for good$/,
    /^contradiction views-0 record 6: it is a release and has another watermark/,
    /^contradiction views-0 record 6: it is a release and has another state /,
    /^contradiction views-0 record 6: it is a release and has another stateHash/,
    /^contradiction views-0 record 6: it is a release and has another open than/,
    /^lost views-0 record 6: 5 rows of lines were in open objects, and 0 came; 0 are in objects .* and 0 in open ones$/,
  ],
  'rows of an open object that were struck from the newest record are lost': [
    (store) => edit(store, lane(0), 6, (record) => ({ ...record, open: {} })),
    /^contradiction views-0 record 6: it is a release and has another open than/,
    /^lost views-0 record 6: 5 rows of lines were in open objects, and 0 came; 0 are in objects .* and 0 in open ones$/,
  ],
  'a bundle that the next start needs is missed': [
    async (store) => {
      const { open } = await newest(store, lane(0))
      await store.delete([open!['lines']!.runs[0]!.index.bundle])
    },
    /^lost .*bundles.*the state of/,
    /^lost .*bundles.*the state of/,
    /^lost .*bundles.*the state of open objects of lines/,
    /^lost .*bundles.*what is where of the open objects of lines of views-0$/,
  ],
  'a bundle with another byte is altered': [
    async (store) => {
      const [segment] = Object.values((await newest(store, lane(1, 2))).state).flat()
      await replace(store, segment!.bundle, (bytes) => flip(bytes, segment!.from))
    },
    /^altered .*merge\/bundles.*the state of reduce\/\w+ of views-1 merge$/,
  ],
  'a description of the instance that is gone is missed': [
    (store) => store.delete(['_sluice/views/instance.json']),
    /^lost _sluice\/views\/instance.json/,
  ],
}

for (const [title, [damage, ...expected]] of Object.entries(damages))
  test(title, async (t) => {
    const { store, log } = await twoRuns()
    await damage(store)
    const report = await audit(store, log)
    const lines = linesOf(report)
    t.is(lines.length, expected.length, lines.join('\n'))
    for (const pattern of expected)
      t.true(
        lines.some((line) => pattern.test(line)),
        `${pattern} is not in\n${lines.join('\n')}`,
      )
  })

test('a newest record that was edited to cover unread records is convicted by the log', async (t) => {
  const { store, log } = await twoRuns()
  await append(log, 400, 410)
  await edit(store, lane(0), 6, (record) => ({ ...record, from: 203, to: 203 }))
  const lines = linesOf(await audit(store, log))
  t.deepEqual(lines, [
    'lost views-0 record 6: it begins at offset 203, but the one before it ends at 200',
  ])
})

test('records that the log has and no commit has read are lost', async (t) => {
  const { store, log } = await twoRuns()
  // a reader that skips a record commits one less than the log has
  await edit(store, lane(0), 5, ({ fates, ...record }) => ({
    ...record,
    records: record.records - 1,
    fates: Object.fromEntries(
      Object.entries(fates).map(([path, fate]) => [path, { ...fate, kept: fate.kept - 1 }]),
    ),
  }))
  const lines = linesOf(await audit(store, log))
  t.true(
    lines.includes(
      'lost views-0 record 5: the log has 75 records at offsets 125 to 199, but 74 of them were read',
    ),
    lines.join('\n'),
  )
})

test('records that retention has taken are not checkable, and not lost', async (t) => {
  const { store, log } = await twoRuns()
  log.trim('views', 0, 150)
  const report = await audit(store, log)
  t.deepEqual(linesOf(report), [])
  t.is(report.lanes[0]?.log?.gone, 150)
  t.is(report.lanes[0]?.log?.checked, 50)
})

test('a log that ends before the ledger does was made anew', async (t) => {
  const { store } = await twoRuns()
  const anew = memoryLog()
  await anew.create('views', 2)
  await append(anew, 0, 10)
  const lines = linesOf(await audit(store, anew))
  t.regex(
    lines[0] ?? '',
    /^contradiction views-0: it has read up to offset 200, but the log ends at 5/,
  )
})

test('objects of other writers are counted and left alone', async (t) => {
  const { store } = await twoRuns()
  await store.put('raw/_SUCCESS', Buffer.from('ok'))
  await store.put('raw/other.json', Buffer.from('[]'), {
    metadata: { [TOKEN]: 'ffffff/other/views/0/1/2/00/raw/0' },
  })
  const report = await audit(store)
  t.deepEqual(linesOf(report), [])
  t.deepEqual(report.foreign, { count: 1, first: 'raw/_SUCCESS' })
})

test('objects of the newest commit that are still to be published are pending', async (t) => {
  const { store, log } = await twoRuns()
  // as after a crash between commit and publishing
  for (const partition of [0, 1]) await store.delete([recordKey(lane(partition), 6)])
  await store.delete([recordKey(lane(0, 2), 6), recordKey(lane(1, 2), 6)])
  const { objects } = await newest(store, lane(0))
  await store.delete(objects.map(({ key }) => key))
  const report = await audit(store, log)
  t.deepEqual(
    linesOf(report).filter((line) => !line.includes('has merged its record')),
    [],
  )
  t.is(report.lanes[0]?.pending, objects.length)
})

test('an object that is neither visible nor in its bundle any more is lost', async (t) => {
  const { store } = await twoRuns()
  await store.delete([recordKey(lane(0), 6)])
  const { objects } = await newest(store, lane(0))
  await store.delete([
    objects[0]!.key,
    ...store.objects(bundlePrefix(lane(0))).map(({ key }) => key),
  ])
  const lines = linesOf(await audit(store))
  t.true(lines.some((line) => line.startsWith(`lost ${objects[0]!.key}: it is gone`)))
})

test('a pipeline that has not run there is named, with those that have', async (t) => {
  const { store } = await twoRuns()
  await t.throwsAsync(verify({ pipeline: 'vews', store, clock }), {
    message: 'there is no pipeline vews in memory; there are: views',
  })
  await t.throwsAsync(verify({ pipeline: 'views', topics: ['clicks'], store, clock }), {
    message: 'views has not run on clicks in memory; it has on: views',
  })
})

test('a run that goes on after an audit is verified too', async (t) => {
  const { store, log } = await twoRuns()
  await append(log, 400, 500)
  t.is((await audit(store, log)).lanes[0]?.log?.unread, 50)
  await run(log, store)
  t.deepEqual(linesOf(await audit(store, log)), [])
})
