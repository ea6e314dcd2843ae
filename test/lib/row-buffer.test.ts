import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { RowBuffer } from '../../lib/row-buffer.ts'

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
