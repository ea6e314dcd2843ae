import test from 'ava'
import { testFolder } from '../local/folder.ts'
import { sluice, start } from './command-line.ts'

test('keys are decoded, one a line', async (t) => {
  const words = ['keys', 'decode', 'raw/a%2Fb/country=%C2%85/x=%/y.json', 'city=a%3Db']
  const { code, out } = await start(t, testFolder(t), words).ended
  t.is(code, 0)
  t.is(out, '"raw" / "a/b" / "country" = "\\u0085" / "x" = "" / "y.json"\n"city" = "a=b"\n')
})

test('without keys they are the lines of standard input', async (t) => {
  const running = start(t, testFolder(t), ['keys', 'decode', '--json'], {}, 'pipe')
  running.child.stdin?.end('a=__missing__/b=__HIVE_DEFAULT_PARTITION__\nc=%25\n')
  const { code, out } = await running.ended
  t.is(code, 0)
  t.deepEqual(
    out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
    [
      {
        key: 'a=__missing__/b=__HIVE_DEFAULT_PARTITION__',
        parts: [{ name: 'a' }, { name: 'b', value: null }],
      },
      { key: 'c=%25', parts: [{ name: 'c', value: '%' }] },
    ],
  )
})

test('an option that there is not is refused in one line', async (t) => {
  const { code, err } = await sluice(t, testFolder(t), 'keys decode --jsn a')
  t.is(code, 2)
  t.regex(err, /^error: unknown option '--jsn'[^\n]*\n$/)
})
