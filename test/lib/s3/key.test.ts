import test from 'ava'
import { problemWithKey } from '../../../lib/s3/key.ts'

test('a key that every server holds as it is has no problem', (t) => {
  for (const key of ['a', 'raw/year=2025/Côte d’Ivoire, 😀.json', 'a..b/...', `${'é'.repeat(512)}`])
    t.is(problemWithKey(key), undefined, key)
})

test('an empty key is a problem', (t) => {
  t.is(problemWithKey(''), 'it is empty')
})

test('a key is measured in bytes', (t) => {
  t.is(problemWithKey('é'.repeat(513)), 'it takes 1026 bytes, and S3 allows 1024')
})

test('a segment is measured in bytes where the server has a limit', (t) => {
  t.is(problemWithKey(`a/${'é'.repeat(127)}/b`, 255), undefined)
  t.regex(problemWithKey(`a/${'é'.repeat(128)}/b`, 255)!, /^its segment 'é+…' takes 256 bytes/)
})

test('segments that mean something in a path are a problem', (t) => {
  for (const key of ['/', '/a', 'a/', 'a//b']) t.regex(problemWithKey(key)!, /slash/, key)
  for (const key of ['.', 'a/./b']) t.is(problemWithKey(key), "it holds the segment '.'")
  for (const key of ['..', 'a/..']) t.is(problemWithKey(key), "it holds the segment '..'")
})

test('what a listing could not say is a problem', (t) => {
  for (const key of ['a\u0000', 'a\nb', '\u007f']) t.regex(problemWithKey(key)!, /control/)
  t.regex(problemWithKey('a\ud800b')!, /surrogate/)
})
