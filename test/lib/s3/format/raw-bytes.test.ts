import test from 'ava'
import { rawBytes } from '../../../../lib/s3/format/raw-bytes.ts'
import { at } from '../../../../lib/testing.ts'

const asItCame = (bytes: Buffer | null) => ({ ...at('09:00', bytes, { bytes }), verbatim: true })

test('a record is written as it is, uncopied', (t) => {
  const bytes = Buffer.from([0, 255, 10, 13])
  t.is(rawBytes().row(asItCame(bytes), ''), bytes)
})

test('nothing stands around or between records unless a separator is stated', (t) => {
  const framing = ({ header, separator, footer }: ReturnType<typeof rawBytes>) => [
    header(''),
    separator,
    footer,
  ]
  t.deepEqual(framing(rawBytes()), ['', '', ''])
  t.deepEqual(framing(rawBytes({ separator: '\n' })), ['', '\n', ''])
})

test('text and bytes that an operator has made are written', (t) => {
  t.is(rawBytes().row(at('09:00', 'grün'), ''), 'grün')
  const made = at('09:00', Buffer.from('a'), { bytes: Buffer.from('b') })
  t.is(rawBytes().row(made, ''), made.value)
})

test('a record without a value and any other value that an operator has made are refused', (t) => {
  const refused = { instanceOf: TypeError, message: /^rawBytes\(\) cannot write/ }
  t.throws(() => rawBytes().row(asItCame(null), ''), refused)
  t.throws(() => rawBytes().row(at('09:00', ['a'], { bytes: Buffer.from('["a"]') }), ''), refused)
})

test('the extension is the user’s, if it can end a name', (t) => {
  t.is(rawBytes({ extension: 'tar.log' }).extension, 'tar.log')
  for (const extension of ['', '.log', 'a/b', 'a b'])
    t.throws(() => rawBytes({ extension }), {
      code: 'config',
      message: /^extension of rawBytes is/,
    })
})
