import test from 'ava'
import { byField, rawBytes, template } from '../../../lib/index.ts'
import { archive, type ArchiveOptions, type Entry } from './archive.ts'

const numbered = (count: number): string[] =>
  Array.from({ length: count }, (_, n) => JSON.stringify({ n, k: 'abc'[n % 3] }))

/** What lies in an object, by the numbers of its events. */
const numbersIn = (text: string): number[] =>
  text
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { n: number }).n)

const cases: readonly [
  what: string,
  entries: readonly Entry[],
  options: ArchiveOptions,
  objects: Readonly<Record<string, readonly number[]>>,
][] = [
  [
    'with as many records as an object takes, there is no rest',
    numbered(6),
    { rotate: { records: 3 } },
    { 'test+0+0000000000.jsonl': [0, 1, 2], 'test+0+0000000003.jsonl': [3, 4, 5] },
  ],
  [
    'with one record more, the end of the run finishes an object of it',
    numbered(4),
    { rotate: { records: 3 } },
    { 'test+0+0000000000.jsonl': [0, 1, 2], 'test+0+0000000003.jsonl': [3] },
  ],
  [
    'with fewer records, the end of the run finishes an object of them',
    numbered(2),
    { rotate: { records: 3 } },
    { 'test+0+0000000000.jsonl': [0, 1] },
  ],
  [
    'offsets without a record are not counted, and objects are called after records',
    [2, ...numbered(2), 1, '{"n":2}', 3, '{"n":3}', 1],
    { rotate: { records: 2 } },
    { 'test+0+0000000002.jsonl': [0, 1], 'test+0+0000000005.jsonl': [2, 3] },
  ],
  [
    'limits count for each folder, not for the partition',
    numbered(7),
    { partitionBy: byField('k'), rotate: { records: 2 } },
    {
      'k=a/test+0+0000000000.jsonl': [0, 3],
      'k=a/test+0+0000000006.jsonl': [6],
      'k=b/test+0+0000000001.jsonl': [1, 4],
      'k=c/test+0+0000000002.jsonl': [2, 5],
    },
  ],
  [
    'one more open folder than there may be finishes that which took a row longest ago, and no other',
    ['a', 'b', 'a', 'c', 'a', 'b'].map((k, n) => JSON.stringify({ n, k })),
    { partitionBy: byField('k'), rotate: { records: 10, maxOpen: 2 } },
    {
      'k=a/test+0+0000000000.jsonl': [0, 2, 4],
      'k=b/test+0+0000000001.jsonl': [1],
      'k=b/test+0+0000000005.jsonl': [5],
      'k=c/test+0+0000000003.jsonl': [3],
    },
  ],
  [
    'a row that is larger than an object may be has one of its own',
    ['{"n":0}', '{"n":1}', JSON.stringify({ n: 2, pad: 'x'.repeat(40) }), '{"n":3}'],
    { rotate: { bytes: 20 } },
    {
      'test+0+0000000000.jsonl': [0, 1],
      'test+0+0000000002.jsonl': [2],
      'test+0+0000000003.jsonl': [3],
    },
  ],
  [
    'the first of two limits finishes an object',
    numbered(5),
    { rotate: { records: 2, bytes: 1_000 } },
    {
      'test+0+0000000000.jsonl': [0, 1],
      'test+0+0000000002.jsonl': [2, 3],
      'test+0+0000000004.jsonl': [4],
    },
  ],
  [
    'offsets are filled up as a name says, and never cut',
    [98, ...numbered(4)],
    { name: template('{topic}-{partition}-{first:2}.{extension}'), rotate: { records: 2 } },
    { 'test-0-100.jsonl': [2, 3], 'test-0-98.jsonl': [0, 1] },
  ],
  [
    'a name may have the last offset and the number of rows',
    [...numbered(2), 5, '{"n":2}'],
    { name: template('{first:20}_{last:3}_{count}.{extension}'), rotate: { records: 3 } },
    { '00000000000000000000_007_3.jsonl': [0, 1, 2] },
  ],
]

for (const [what, entries, options, expected] of cases)
  test(what, async (t) => {
    const { objects, rejected } = await archive(entries, options)
    const found = Object.entries(objects).map(([key, text]) => [key, numbersIn(text)])
    t.deepEqual(Object.fromEntries(found), expected)
    t.deepEqual(rejected, {})
  })

test('a topic without records has no object', async (t) => {
  t.deepEqual((await archive([])).keys, [])
  t.deepEqual((await archive([5])).keys, [])
})

test('a tombstone counts as a record of its folder, and empty values are records of raw bytes', async (t) => {
  const entries = ['{"k":"a"}', { key: 'a', value: null }, { key: 'b', value: null }]
  const { objects } = await archive(entries, { partitionBy: byField('k'), rotate: { records: 2 } })
  t.deepEqual(objects, {
    'k=__missing__/test+0+0000000001.jsonl': 'null\nnull\n',
    'k=a/test+0+0000000000.jsonl': '{"k":"a"}\n',
  })
  const raw = await archive(['a', '', 'b'], {
    parse: { format: 'bytes' },
    format: rawBytes({ separator: '|' }),
  })
  t.deepEqual(raw.objects, { 'test+0+0000000000.bin': 'a||b' })
})
