import test from 'ava'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { clock } from '../../../lib/testing.ts'

test('a time without a zone is in UTC, wherever the test runs', async (t) => {
  const times = ['2024-03-01T10:00', '2024-03-01T10:00:30.25', '10:00']
  const input = new URL('../../../lib/testing/input.ts', import.meta.url).href
  const script = `
    import { clock } from ${JSON.stringify(input)}
    for (const time of ${JSON.stringify(times)}) console.log(new Date(clock(time)).toISOString())`
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '--eval', script],
    { env: { ...process.env, TZ: 'Asia/Tokyo' } },
  )
  t.deepEqual(stdout.trim().split('\n'), [
    '2024-03-01T10:00:00.000Z',
    '2024-03-01T10:00:30.250Z',
    '2024-01-01T10:00:00.000Z',
  ])
})

test('a time with a zone is in that zone', (t) => {
  const ten = Date.UTC(2024, 2, 1, 10)
  for (const time of ['2024-03-01T10:00Z', '2024-03-01T12:00+02:00', '2024-03-01T05:30:00-04:30'])
    t.is(clock(time), ten)
})

test('what is no time is refused', (t) => {
  for (const time of ['', 'noon', '25:00', '2024-03-01T25:00'])
    t.throws(() => clock(time), { message: `not a time: ${time}` })
})
