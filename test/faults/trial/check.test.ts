import test from 'ava'
import { complaintsOf } from './check.ts'
import type { Remains, StoredObject } from './remains.ts'
import { Trial } from './trial.ts'

let right: Remains

test.before(async (t) => {
  const trial = await Trial.begin('right')
  await trial.produce(60)
  const { over, output } = trial.start()
  t.is(await over, 0, output())
  right = await trial.remains()
  await trial.remove()
})

/** Each sink's objects, with the lines of the first of them changed. */
function withLines(sink: string, change: (lines: string[]) => string[]): Remains {
  const first = right.objects.find(({ key }) => key.startsWith(`right/${sink}/`))!
  const lines = first.bytes.toString().split('\n').slice(0, -1)
  const bytes = Buffer.from(
    change(lines)
      .map((line) => `${line}\n`)
      .join(''),
  )
  return withObject(first.key, { ...first, bytes })
}

const withObject = (key: string, instead?: StoredObject): Remains => ({
  ...right,
  objects: right.objects.flatMap((object) => (object.key === key ? (instead ?? []) : object)),
})

const complaints = (remains: Remains): string => complaintsOf('right', remains).join('\n')
const keyOf = (part: string): string => right.objects.find(({ key }) => key.includes(part))!.key

test('what an undisturbed process leaves is right', (t) => {
  t.is(complaints(right), '')
})

for (const sink of ['raw', 'rejected', 'totals']) {
  test(`a row of ${sink} that is missing is told`, (t) => {
    t.regex(
      complaints(withLines(sink, (lines) => lines.slice(1))),
      new RegExp(`^${sink} .*: 0 times$`, 'm'),
    )
  })

  test(`a row of ${sink} that is there twice is told`, (t) => {
    const found = complaints(withLines(sink, (lines) => [...lines, lines[0]!]))
    t.regex(found, new RegExp(`^${sink} .*: 2 times$`, 'm'))
  })
}

test('a picture that is cut is told', (t) => {
  const cut = withLines('pictures', ([line = '']) => [line.replace(/(0-5 ){40}/, '')])
  t.regex(complaints(cut), /^pictures 0@5: altered$/m)
})

test('a value that is altered is told', (t) => {
  const altered = withLines('raw', (lines) => lines.map((line) => line.replace('3.7', '3.8')))
  t.regex(complaints(altered), /^raw 0@1: .*3\.8/m)
})

test('a total that is a little off is told', (t) => {
  const off = withLines('totals', (lines) => lines.map((line) => line.replace(/(\d)\}$/, '$19}')))
  t.regex(complaints(off), /^totals .*: foreign$/m)
})

test('a message that is missing is told, and one that is repeated is not', (t) => {
  const missing = { ...right, copies: right.copies.slice(1) }
  t.regex(complaints(missing), /^copies .*: 0 times$/m)
  t.is(complaints({ ...right, copies: [...right.copies, right.copies.at(-1)!] }), '')
})

test('a message that comes anew under another commit is told', (t) => {
  const last = right.copies.at(-1)!
  const again = { ...last, headers: { ...last.headers, 'sluice-commit': '99' } }
  t.regex(complaints({ ...right, copies: [...right.copies, again] }), /^copies .*: 2 times$/m)
})

test('an object that no commit lists is told', (t) => {
  const [object] = right.objects.filter(({ key }) => key.startsWith('right/totals/'))
  const foreign = { ...object!, key: 'right/totals/other.jsonl' }
  t.regex(complaints({ ...right, objects: [...right.objects, foreign] }), /no commit lists it$/m)
})

test('an object that is gone, or bears another token, is told', (t) => {
  const key = keyOf('right/raw/')
  const object = right.objects.find((other) => other.key === key)!
  t.regex(complaints(withObject(key)), /committed and not there$/m)
  const other = { ...object, metadata: { 'sluice-commit': 'of somebody else' } }
  t.regex(complaints(withObject(key, other)), /other token$/m)
})

test('a commit record that is gone is told', (t) => {
  const chain = right.objects.filter(({ key }) => key.includes('/right/0/commits/'))
  t.regex(
    complaints(withObject(chain.toSorted((a, b) => (a.key < b.key ? -1 : 1))[2]!.key)),
    /stands at \d+$/m,
  )
})
