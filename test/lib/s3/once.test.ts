import test from 'ava'
import { hours, milliseconds, minutes, once, seconds } from '../../../lib/index.ts'
import type { OnceOptions } from '../../../lib/s3/once.ts'
import { at, clock } from '../../../lib/testing.ts'

const refused: readonly [string, OnceOptions<unknown>, RegExp][] = [
  ['an empty name', { of: '' }, /^of of once is empty: give it the name/],
  ['a span of nothing', { of: 'a', span: 0 }, /^span of once is 0 ms, which does not divide a day/],
  [
    'a span that no day is a multiple of',
    { of: 'a', span: seconds(7) },
    /^span of once is 7000 ms/,
  ],
  ['part of a millisecond', { of: 'a', span: milliseconds(0.5) }, /^span of once is 0.5 ms/],
  [
    'late without a span',
    { of: 'a', taken: 'late' },
    /^taken: 'late' of once needs a span, .* taken: 'number'$/,
  ],
  ['reject without a span', { of: 'a', taken: 'reject' }, /^taken: 'reject' of once needs a span/],
]

for (const [what, options, message] of refused)
  test(`options are refused: ${what}`, (t) => {
    t.throws(() => once(options), { code: 'config', message })
  })

test('names are escaped as folders are', (t) => {
  const name = (of: OnceOptions<string>['of']): string => once({ of }).nameOf(at('09:00', 'a/b'))
  t.is(
    name(({ value }) => value),
    'a%2Fb',
  )
  t.is(name('..'), '%2E%2E')
  t.is(
    name(() => ''),
    '%',
  )
})

test('what has no name is rejected', (t) => {
  const nameless = once<string>({ of: () => undefined as unknown as string })
  t.throws(() => nameless.nameOf(at('09:00', 'a')), {
    message: 'once() gave no name: its answer is missing',
  })
})

const rows = (time: string, since: string) => ({
  name: 'n',
  firstTime: clock(time),
  since: clock(since),
})
const current = rows('09:00:59', '09:00:59')
const late = rows('09:00:59', '09:01:00')

const names = (options: Omit<OnceOptions<unknown>, 'of'>, object: typeof late) =>
  [0, 1, 2].map((nth) => once({ of: 'n', ...options }).candidate(object, nth))

test('what begins before the watermark has passed its span may have the name itself', (t) => {
  t.deepEqual(names({ span: minutes(1) }, current), ['n', 'n.late-1', 'n.late-2'])
  t.deepEqual(names({ span: minutes(1), taken: 'number' }, current), ['n', 'n.2', 'n.3'])
  t.deepEqual(names({ span: minutes(1), taken: 'reject' }, current), ['n', undefined, undefined])
})

test('what is called late never has the name itself', (t) => {
  t.deepEqual(names({ span: minutes(1) }, late), ['n.late-1', 'n.late-2', 'n.late-3'])
  t.deepEqual(names({ span: hours(1) }, late), ['n', 'n.late-1', 'n.late-2'])
  t.deepEqual(names({ span: minutes(1), taken: 'number' }, late), ['n', 'n.2', 'n.3'])
})

test('without a span nothing is late', (t) => {
  t.deepEqual(names({}, late), ['n', 'n.2', 'n.3'])
})
