import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { type Line, linesOf } from '../../../lib/cli/lines.ts'

/** All lines of a text that arrives in these pieces. */
async function read(pieces: readonly Buffer[], most = 1_000): Promise<Line[]> {
  async function* input(): AsyncGenerator<Buffer> {
    yield* pieces
  }
  const lines: Line[] = []
  for await (const some of linesOf(input(), { most })) lines.push(...some)
  return lines
}

const texts = (lines: readonly Line[]): [number, string | undefined][] =>
  lines.map(({ number, bytes }) => [number, bytes?.toString()])

const readText = async (text: string, most?: number) => texts(await read([Buffer.from(text)], most))

testProp(
  'a text comes in the same lines, in whatever pieces it arrives',
  [fc.array(fc.stringMatching(/^[ab€\r ]{0,4}$/)), fc.array(fc.nat({ max: 60 }))],
  async (t, lines, cuts) => {
    const text = Buffer.from(lines.join('\n'))
    const ends = [...cuts.filter((cut) => cut < text.length), text.length].toSorted((a, b) => a - b)
    const pieces = ends.map((end, i) => text.subarray(ends[i - 1] ?? 0, end))
    const expected = lines
      .map((line, i) => [i + 1, line.replace(/\r$/, '')] as [number, string])
      .filter(([, line]) => line.trim() !== '')
    t.deepEqual(texts(await read(pieces)), expected)
  },
)

test('line ends of Windows, a last line that does not end, and blank lines are taken for what they are', async (t) => {
  t.deepEqual(await readText('a\r\n\r\n \t\nb'), [
    [1, 'a'],
    [4, 'b'],
  ])
  t.deepEqual(await readText(''), [])
  t.deepEqual(await readText('\n\n'), [])
})

test('a line that is too long comes without its bytes, and those around it whole', async (t) => {
  const pieces = ['abc\nabc', 'd', 'e\nabc\nabcd'].map((text) => Buffer.from(text))
  t.deepEqual(texts(await read(pieces, 3)), [
    [1, 'abc'],
    [2, undefined],
    [3, 'abc'],
    [4, undefined],
  ])
})
