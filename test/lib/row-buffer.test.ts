import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { recycle, RowBuffer } from '../../lib/row-buffer.ts'

const row = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  fc.constantFrom('', 'é'.repeat(3_000), 'x'.repeat(300_000), Buffer.alloc(300_000, 'y')),
)

testProp(
  'rows come out as they went in, joined by the separator, in any number of takings',
  [fc.array(fc.array(row, { maxLength: 8 })), fc.constantFrom('', '\n', ',\n')],
  (t, runs, separator) => {
    const buffer = new RowBuffer(Buffer.from(separator))
    for (const rows of runs) {
      const sizes = rows.map((one) => buffer.add(one))
      t.is(buffer.rows, rows.length)
      t.is(
        buffer.size,
        sizes.reduce((sum, size) => sum + size, 0),
      )
      const wanted = rows.flatMap((one, at) => [
        Buffer.from(at > 0 ? separator : ''),
        typeof one === 'string' ? Buffer.from(one) : one,
      ])
      t.true(Buffer.concat(buffer.take()).equals(Buffer.concat(wanted)))
      t.is(buffer.size, 0)
      t.is(buffer.rows, 0)
    }
    t.pass()
  },
)

test('a row is copied: what happens to it afterwards does not matter', (t) => {
  const buffer = new RowBuffer(Buffer.from('\n'))
  const bytes = Buffer.from('abc')
  buffer.add(bytes)
  bytes.fill('x')
  t.is(Buffer.concat(buffer.take()).toString(), 'abc')
})

test('what was taken is not touched by what comes after', (t) => {
  const buffer = new RowBuffer(Buffer.from('\n'))
  buffer.add('one')
  const taken = buffer.take()
  buffer.add('two')
  t.is(Buffer.concat(taken).toString(), 'one')
})

const rows = Array.from({ length: 1_000 }, (_, i) => `${i}`.padEnd(1_000))

/** Rows of a megabyte, in pieces. */
function filled(): Buffer[] {
  const buffer = new RowBuffer(Buffer.from('\n'))
  for (const each of rows) buffer.add(each)
  return buffer.take()
}

/** How many pieces lie in the memory of one of these. */
const within = (pieces: readonly Buffer[], those: readonly Buffer[]): number =>
  pieces.filter((piece) => those.some(({ buffer }) => buffer === piece.buffer)).length

test.serial('what was given back is filled again, and only once', (t) => {
  const first = filled()
  recycle(first)
  recycle(first)
  const [second, third] = [filled(), filled()]
  t.true(within(second, first) > 0)
  t.is(within(third, second), 0)
  t.is(Buffer.concat(second).toString(), rows.join('\n'))
})

test.serial('memory of others that is given back is left alone', (t) => {
  const others = Array.from({ length: 8 }, () => Buffer.alloc(256 * 1024))
  recycle(others)
  t.is(within(filled(), others), 0)
})
