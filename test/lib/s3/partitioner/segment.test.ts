import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { decoded, segment } from '../../../../lib/s3/partitioner/segment.ts'

test('what a path or a reader of folders could misread is the bytes of its UTF-8', (t) => {
  t.is(segment('a/b\\c'), 'a%2Fb%5Cc')
  t.is(segment('%=+:*?"<>|'), '%25%3D%2B%3A%2A%3F%22%3C%3E%7C')
  t.is(segment('\u0000\n\u007f\u0085'), '%00%0A%7F%C2%85')
})

test('the segments that mean something in a path, and the empty one, are written otherwise', (t) => {
  t.is(segment('.'), '%2E')
  t.is(segment('..'), '%2E%2E')
  t.is(segment('...'), '...')
  t.is(segment('a.b'), 'a.b')
  t.is(segment(''), '%')
})

test('everything else is literal', (t) => {
  const harmless = " !#$&'(),-;@[]^_`{}~ \u00a0\u2028é日本🎉"
  t.is(segment(harmless), harmless)
})

test('the same letter composed in two ways is two folders', (t) => {
  t.not(segment('\u00e9'), segment('e\u0301'))
})

test('half a surrogate pair and a text longer than any key are refused', (t) => {
  t.throws(() => segment('a\udc00'), { instanceOf: TypeError, message: /surrogate/ })
  t.throws(() => segment('x'.repeat(1_025)), { instanceOf: TypeError, message: /1025/ })
  t.is(segment('x'.repeat(1_024)).length, 1_024)
})

test('what nobody escaped is decoded to itself', (t) => {
  for (const text of ['100%', '%zz', '%E9', '50% off', '%C3']) t.is(decoded(text), text)
})

const anyText = fc.string({
  unit: fc.oneof(
    fc.constantFrom('%', '/', '.', '\\'),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
})

testProp('a segment is one whole segment, and gives its text back', [anyText], (t, text) => {
  const written = segment(text)
  t.false(['', '.', '..'].includes(written))
  t.notRegex(written, /[/\\=+:*?"<>|\p{Cc}]/u)
  t.is(decoded(written), text)
})
