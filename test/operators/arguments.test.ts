import test from 'ava'
import { hours, minutes } from '../../lib/duration.ts'
import * as operators from '../../operators/index.ts'

/** As JavaScript sees them: without types. */
const {
  batch,
  count,
  dedupe,
  distinct,
  enrich,
  eventTime,
  filter,
  flatMap,
  hopping,
  keyBy,
  map,
  max,
  mean,
  min,
  parse,
  reduce,
  reducer,
  sum,
  tumbling,
  validate,
  window,
} = operators as unknown as Record<keyof typeof operators, (...handed: unknown[]) => unknown>

const schema = {
  '~standard': { version: 1, vendor: 'own', validate: (value: unknown) => ({ value }) },
}
const own = { initial: () => 0, add: () => 0, merge: () => 0 }
const into = (): number => 0
const hourly = tumbling(hours(1))

const strange: Readonly<Record<string, (options: object) => unknown>> = {
  parse: (options) => parse(options),
  validate: (options) => validate(schema, options),
  eventTime: (options) => eventTime(into, { outOfOrder: 0, ...options }),
  dedupe: (options) => dedupe(String, { within: 1, ...options }),
  tumbling: (options) => tumbling(hours(1), options),
  hopping: (options) => hopping({ size: 2, every: 1, ...options }),
  window: (options) => window(hourly, options),
  reduce: (options) => reduce({ n: count() }, options),
  reducer: (options) => reducer({ ...own, ...options }),
  enrich: (options) => enrich(into, { into, ...options }),
  'enrich in a table': (options) => enrich(new Map(), { by: String, into, ...options }),
  'cache of enrich': (options) =>
    enrich(into, { into, cache: { size: 1, age: 1, by: String, ...options } }),
  batch: (options) => batch({ count: 1, ...options }),
}

for (const [name, build] of Object.entries(strange))
  test(`${name}: an option that there is not is refused, and those that there are are named`, (t) => {
    t.notThrows(() => build({}))
    t.throws(() => build({ wthin: minutes(1) }), {
      code: 'config',
      message: new RegExp(`^${name} has no option wthin: it knows \\w+(, \\w+)*$`),
    })
  })

const wrong: readonly [string, () => unknown, string][] = [
  ['parse(null)', () => parse(null), 'parse takes an object of options (format, '],
  [
    'dedupe without options',
    () => dedupe(String),
    'dedupe takes an object of options (within, as)',
  ],
  ['a list of options', () => batch([1]), 'batch takes an object of options (count, bytes), not a'],
  ['map()', () => map(), 'map takes a function, not undefined'],
  ['filter of a text', () => filter('x'), "filter takes a function, not 'x'"],
  ['flatMap()', () => flatMap(), 'flatMap takes a function, not undefined'],
  ['a name as identity', () => dedupe('id', { within: 1 }), "dedupe takes a function, not 'id'"],
  ['a name as event time', () => eventTime('at', {}), "eventTime takes a function, not 'at'"],
  ['no schema', () => validate(undefined), 'validate takes a schema that speaks Standard Schema'],
  ['a plain object as schema', () => validate({}), 'validate takes a schema that speaks Standard'],
  ['a name as key', () => keyBy('country'), "keyBy takes fields('country'), each('country') or a"],
  ['no key', () => keyBy(), 'keyBy takes fields('],
  ['a duration as windows', () => window(hours(1)), 'window takes windows, such as window(tumbl'],
  ['no windows', () => window(), 'window takes windows'],
  ['no reducers', () => reduce(), 'reduce needs a reducer'],
  ['a reducer that is not called', () => reduce({ n: count }), 'the column n of reduce takes a re'],
  ['null as a reducer', () => reduce({ n: null }), 'the column n of reduce takes a reducer, such'],
  ['a bare definition', () => reduce({ n: own }), 'the column n of reduce takes a reducer, such'],
  [
    'a reducer without merge',
    () => reducer({ ...own, merge: undefined }),
    'merge of reducer takes',
  ],
  ['a reducer whose result is 0', () => reducer({ ...own, result: 0 }), 'result of reducer takes'],
  ['sum()', () => sum(), 'sum takes a function, not undefined'],
  ['min()', () => min(), 'min takes a function, not undefined'],
  ['max()', () => max(), 'max takes a function, not undefined'],
  ['mean()', () => mean(), 'mean takes a function, not undefined'],
  ['distinct of a text', () => distinct('id'), "distinct takes a function, not 'id'"],
  [
    'rows in an object',
    () => enrich({ a: 1 }, { by: String, into }),
    'enrich takes a table, a Map',
  ],
  ['no options of enrich', () => enrich(into), 'enrich takes an object of options (into, '],
  ['enrich without into', () => enrich(into, {}), 'into of enrich takes a function, not undefined'],
  [
    'a look-up without into',
    () => enrich(new Map(), { by: String }),
    'into of enrich takes a func',
  ],
  ['a look-up without by', () => enrich(new Map(), { into }), 'by of enrich takes a function, not'],
  [
    'a cache without by',
    () => enrich(into, { into, cache: { size: 1, age: 1 } }),
    'cache.by of enrich takes a function, not undefined',
  ],
]

for (const [what, build, line] of wrong)
  test(`${what} is refused with one line`, (t) => {
    const error = t.throws(build, { code: 'config' })
    t.true(error?.message.startsWith(line), error?.message)
    t.notRegex(error?.message ?? '', /\n/)
  })
