import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { fileNames } from '../../../lib/local/file-name.ts'

const plain = fileNames(false)
const folding = fileNames(true)

// prettier-ignore
const characters = fc.constantFrom(
  'a', 'A', '.', '%', '2', '5', 'E', 'e', 'f', '4', '1', '=', 'é', 'É', 'ß', '😀', ' ',
)
const segment = fc.oneof(
  fc.string({ unit: characters, maxLength: 8 }),
  fc.constantFrom('.', '..', '...', '.sluice', '%empty', '%25empty', '%2Esluice', '.SLUICE'),
  fc.constantFrom('%2E', '%2E%2E', '%252E', '%=', '%25=', '%2525=', '='),
  fc.string({ unit: 'binary', maxLength: 8 }).filter((text) => !/[/\p{Cc}]/u.test(text)),
)
const key = fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => segments.join('/'))

for (const [system, names] of Object.entries({ plain, folding })) {
  testProp(`${system} names give their segments back`, [segment, fc.boolean()], (t, text, root) => {
    t.is(names.segmentOf(names.nameOf(text, root), root), text)
  })

  testProp(`${system} names are names that a file system can hold`, [segment], (t, text) => {
    const name = names.nameOf(text, true)
    t.notRegex(name, /^\.{0,2}$|^\.sluice$|[^ -~\u0080-\u{10ffff}]|\/|%=$/u)
  })

  testProp(`${system} names that stand for no segment are known`, [segment], (t, name) => {
    const text = names.segmentOf(name)
    t.true(text === undefined || names.nameOf(text) === name)
  })
}

testProp(
  'no two keys share a path, even where case and composition are folded',
  [key, key],
  (t, a, b) => {
    const fold = (path: string): string => path.normalize('NFKD').toUpperCase().toLowerCase()
    t.is(plain.pathOf(a) === plain.pathOf(b), a === b)
    t.is(fold(folding.pathOf(a)) === fold(folding.pathOf(b)), a === b)
  },
)

test('an ordinary key is its own path', (t) => {
  for (const ordinary of [
    'raw-json/year=2025/month=03/day=17/hour=08/events_2025-03-17T08-20-57-865Z_a-0-1-0.json',
    "Côte d'Ivoire, 100 % of it/東京 (Tokyo)/it's_a+b&c=d;e.json.gz",
    'page=%2Fhome%3Fq/x.json',
    'empty=%/percent=100%25/dot=%2E/lines=a%0Ab/x.json',
    'x/%2e/.sluice/100%',
    '_sluice/page-views/views/0/commits/9999999999999999.json',
  ])
    t.is(plain.pathOf(ordinary), ordinary)
})

test('what no file can be called has a name that stands for it, and what looks like one is escaped', (t) => {
  t.is(plain.pathOf('a/../b/.'), 'a/%2E%2E/b/%2E')
  t.is(plain.pathOf('a//b'), 'a/%empty/b')
  t.is(plain.pathOf('.sluice/x'), '%2Esluice/x')
  t.is(plain.pathOf('%2E/%empty/%25empty'), '%252E/%25empty/%2525empty')
  t.is(plain.pathOf('a%='), 'a%25=')
  t.is(folding.pathOf('country=US'), 'country=%55%53')
  t.is(folding.pathOf('é'), '%C3%A9')
})

test('a key that no path can stand for has a problem that says so', (t) => {
  t.is(plain.problemWith('a/b.json'), undefined)
  t.is(plain.problemWith(`x/${'a'.repeat(253)}`), undefined)
  t.regex(plain.problemWith(`x/${'a'.repeat(254)}`)!, /"a{40}…".* takes 254 bytes/)
  t.is(plain.problemWith(`${'a'.repeat(255)}/x`), undefined)
  t.regex(plain.problemWith(`${'é'.repeat(128)}/x`)!, /takes 256 bytes/)
  t.is(folding.problemWith('a'.repeat(100)), undefined)
  t.regex(folding.problemWith('A'.repeat(100))!, /takes 300 bytes/)
  t.regex(plain.problemWith('ab/'.repeat(400))!, /takes 1200 bytes/)
  t.regex(plain.problemWith('a\ud800')!, /not valid Unicode/)
  t.regex(plain.problemWith('a\nb')!, /control character/)
  t.regex(plain.problemWith('')!, /at least one character/)
})
