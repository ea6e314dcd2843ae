import test from 'ava'
import {
  compressedName,
  defaultName,
  isUniqueName,
  objectKey,
  type ObjectFacts,
  type ObjectName,
  timestampOf,
} from '../../../lib/s3/object-name.ts'

const facts: ObjectFacts = {
  prefix: 'raw',
  folder: '',
  pipeline: 'users',
  instance: 'f00d',
  topic: 'test',
  partition: 2,
  lane: '2',
  commitIndex: 12,
  ordinal: 0,
  firstOffset: 42,
  lastOffset: 42,
  rows: 1,
  nth: 0,
  firstTime: Date.UTC(2025, 2, 17, 8, 20, 57, 865),
  extension: 'json',
}

test('an object is named after its first record', (t) => {
  t.is(defaultName()(facts), 'test+2+0000000042.json')
})

test('a second object that begins with one record has another name', (t) => {
  t.is(defaultName()({ ...facts, nth: 1 }), 'test+2+0000000042.1.json')
})

test('an offset of more than ten digits is written whole', (t) => {
  t.is(defaultName()({ ...facts, firstOffset: 12_345_678_901 }), 'test+2+12345678901.json')
})

test('offsets have as many digits as are asked for', (t) => {
  t.is(defaultName({ digits: 20 })(facts), 'test+2+00000000000000000042.json')
  t.is(defaultName({ digits: 1 })(facts), 'test+2+42.json')
  for (const digits of [0, 21, 1.5, NaN, '9' as unknown as number])
    t.throws(() => defaultName({ digits }), {
      code: 'config',
      message: `digits of defaultName is 1 to 20, not ${digits}`,
    })
})

test('an object that came from no single record is named after its commit', (t) => {
  t.is(defaultName()({ ...facts, firstOffset: -1 }), 'users+2+12.json')
  t.is(defaultName()({ ...facts, firstOffset: -1, ordinal: 3 }), 'users+2+12.3.json')
})

test('the name of a compressed object ends in how it is compressed, whatever its name function says', (t) => {
  const nameOf = (name: ObjectName): string => compressedName(name, 'gz')(facts)
  t.is(nameOf(defaultName()), 'test+2+0000000042.json.gz')
  t.is(
    nameOf(({ extension }) => `a.${extension}`),
    'a.json.gz',
  )
  t.is(
    nameOf(() => 'a.json'),
    'a.json.gz',
  )
  t.is(
    nameOf(() => 'a.json.gz'),
    'a.json.gz',
  )
  t.is(
    nameOf(() => 'a'),
    'a.gz',
  )
})

test('a timestamp in a name holds no colon and no dot', (t) => {
  t.is(timestampOf(facts.firstTime), '2025-03-17T08-20-57-865Z')
})

test('a key has no empty segment', (t) => {
  t.is(objectKey('raw', 'hour=08', 'a.json'), 'raw/hour=08/a.json')
  t.is(objectKey('/raw/json//', 'hour=08', 'a.json'), 'raw/json/hour=08/a.json')
  t.is(objectKey('raw', '', 'a.json'), 'raw/a.json')
  t.is(objectKey('', '', 'a.json'), 'a.json')
})

test('a name with instance, lane, commit and ordinal is unique', (t) => {
  t.true(
    isUniqueName(
      ({ firstTime, instance, partition, commitIndex, ordinal }) =>
        `events_${timestampOf(firstTime)}_${instance}-${partition}-${commitIndex}-${ordinal}.json`,
    ),
  )
})

test('a name without one of them is not unique', (t) => {
  t.false(isUniqueName(defaultName()))
  t.false(isUniqueName((o) => `${o.partition}-${o.commitIndex}-${o.ordinal}`))
  t.false(isUniqueName((o) => `${o.instance}-${o.commitIndex}-${o.ordinal}`))
  t.false(isUniqueName((o) => `${o.instance}-${o.partition}-${o.ordinal}`))
  t.false(isUniqueName((o) => `${o.instance}-${o.partition}-${o.commitIndex}`))
})

test('a name that runs its numbers together is not unique', (t) => {
  t.false(isUniqueName((o) => `${o.instance}-${o.partition}${o.commitIndex}-${o.ordinal}`))
})
