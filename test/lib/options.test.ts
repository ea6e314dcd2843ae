import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import {
  bytes,
  choice,
  integer,
  duration,
  names,
  readBytes,
  readDuration,
  showBytes,
  showDuration,
  text,
} from '../../lib/options.ts'

const refused = { code: 'config' }

test('an integer is a whole number from its least on', (t) => {
  const option = integer(5, 'how many')
  t.is(option.read('1'), 1)
  t.is(option.read('20000'), 20_000)
  for (const text of ['0', '-1', '1.5', '', ' ', 'many', '1e400', '9007199254740993'])
    t.throws(() => option.read(text), {
      ...refused,
      message: `takes a whole number of at least 1, not '${text}'`,
    })
  t.is(integer(5, 'how many', 0).read('0'), 0)
  t.is(option.shown, '5')
})

test('a duration is a number with its unit', (t) => {
  const all = { '500ms': 500, '10s': 10_000, '1m': 60_000, '1.5h': 5_400_000, '7d': 604_800_000 }
  for (const [text, ms] of Object.entries(all)) t.is(readDuration(text), ms)
  t.is(readDuration('0s'), 0)
  for (const text of ['10', 's', '-1s', '1 s', '1w', ''])
    t.throws(() => duration(1, '').read(text), { ...refused, message: /such as 500ms, 10s/ })
})

test('a size is a number of bytes, in powers of 1,024', (t) => {
  const all = { '512': 512, '1B': 1, '64KB': 65_536, '256mb': 268_435_456, '1.5GB': 1_610_612_736 }
  for (const [text, size] of Object.entries(all)) t.is(readBytes(text), size)
  for (const text of ['', '0', '0MB', '-1', 'MB', '1TB', '1 MB'])
    t.throws(() => bytes(1, '').read(text), { ...refused, message: /such as 64KB, 256MB/ })
})

test('a choice is one of its words, the first unless said otherwise', (t) => {
  const option = choice(['single', 'joined'], 'which')
  t.is(option.initial, 'single')
  t.is(option.read('joined'), 'joined')
  t.is(option.placeholder, 'single|joined')
  t.throws(() => option.read('both'), {
    ...refused,
    message: `takes single or joined, not 'both'`,
  })
})

test('a text is any that is not empty', (t) => {
  const option = text('UTC', 'which zone')
  t.is(option.read(' a=b,c '), ' a=b,c ')
  t.is(option.shown, 'UTC')
  t.throws(() => option.read(''), { ...refused, message: 'takes a text that is not empty' })
})

test('names stand with commas between them, at least one', (t) => {
  const option = names(['company', 'country'], 'folders')
  t.deepEqual(option.read('country, address.city'), ['country', 'address.city'])
  t.is(option.shown, 'company,country')
  for (const given of ['', 'a,', ',', 'a,,b'])
    t.throws(() => option.read(given), {
      ...refused,
      message: `takes names with commas between them, not '${given}'`,
    })
})

testProp('durations and sizes are shown so that they are read back', [fc.nat()], (t, n) => {
  t.is(readDuration(showDuration(n)), n)
  t.is(readBytes(showBytes(n + 1)), n + 1)
})

test('durations and sizes are shown in the largest unit that fits', (t) => {
  t.deepEqual([500, 10_000, 90_000, 3_600_000, 86_400_000].map(showDuration), [
    '500ms',
    '10s',
    '90s',
    '1h',
    '1d',
  ])
  t.deepEqual([512, 65_536, 268_435_456, 1_610_612_736].map(showBytes), [
    '512B',
    '64KB',
    '256MB',
    '1536MB',
  ])
})
