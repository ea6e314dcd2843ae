import { readFileSync } from 'node:fs'
import test from 'ava'
import { template } from '../../../lib/s3/name-template.ts'
import { isKnownLate, isUniqueName, probe } from '../../../lib/s3/object-name.ts'

const object = {
  ...probe,
  prefix: 'raw',
  folder: 'country=DE/hour=09',
  topic: 'views',
  partition: 3,
  lane: 'views-3',
  commitIndex: 12,
  ordinal: 4,
  nth: 5,
  firstOffset: 42,
  lastOffset: 1_041,
  rows: 1_000,
  firstTime: Date.UTC(2025, 2, 17, 8, 20, 57, 865),
}

test('a template is filled in with what is known of the object', (t) => {
  t.is(
    template('{topic}-{partition}-{first:10}-{last}-{count}.{extension}')(object),
    'views-3-0000000042-1041-1000.json',
  )
  t.is(
    template('{prefix}_{folder}_{time}')(object),
    'raw_country=DE+hour=09_2025-03-17T08-20-57-865Z',
  )
})

/** What each placeholder stands for, of the object above. */
const filled: Readonly<Record<string, string>> = {
  prefix: 'raw',
  folder: 'country=DE+hour=09',
  pipeline: 'pipeline',
  instance: 'i1',
  topic: 'views',
  partition: '3',
  lane: 'views-3',
  commit: '12',
  ordinal: '4',
  first: '42',
  last: '1041',
  nth: '5',
  count: '1000',
  time: '2025-03-17T08-20-57-865Z',
  extension: 'json',
}

for (const [placeholder, text] of Object.entries(filled))
  test(`{${placeholder}} is ${text}, and is filled up on request`, (t) => {
    t.is(template(`{${placeholder}}`)(object), text)
    t.is(template(`a{${placeholder}:30}b`)(object), `a${text.padStart(30, '0')}b`)
  })

test('a prefix of several folders is one word, and an empty one or no folder is nothing', (t) => {
  t.is(template('{prefix}_{folder}.x')({ ...object, prefix: 'a/b', folder: '' }), 'a+b_.x')
})

test('the page on objects lists all placeholders', (t) => {
  const page = readFileSync('docs/objects.md', 'utf8')
  const rows = [...page.matchAll(/^\| (`\{.*?) +\|/gm)].map(([, cell = '']) => cell).join()
  const listed = [...rows.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
  t.deepEqual(listed.toSorted(), Object.keys(filled).toSorted())
})

test('an unknown placeholder is refused with the list of known ones', (t) => {
  for (const text of ['{offset}', '{}', '{First}', '{toString}'])
    t.throws(() => template(text), { code: 'config', message: /knows \{prefix\}, .*\{extension\}/ })
})

test('a template that is not well-formed is refused', (t) => {
  for (const text of ['', '{topic', 'topic}', '{first:}', '{first:0}', '{first:1:2}', '{first:x}'])
    t.throws(() => template(text), { code: 'config' })
})

test('a time that is none is told with its remedy', (t) => {
  t.throws(() => template('{time}')({ ...object, firstTime: -Infinity }), { message: /eventTime/ })
})

test('a name is known late where it depends on the end of its object', (t) => {
  t.true(isKnownLate(template('{first}-{last}')))
  t.true(isKnownLate(template('{count}')))
  t.false(isKnownLate(template('{first}')))
})

test('a template is unique that holds instance, lane, commit and ordinal', (t) => {
  t.true(isUniqueName(template('{instance}-{lane}-{commit}-{ordinal}')))
  t.false(isUniqueName(template('{topic}-{partition}-{first}')))
})
