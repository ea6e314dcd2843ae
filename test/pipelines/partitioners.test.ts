import test from 'ava'
import { byField, definePipeline, nested, segment } from '../../lib/index.ts'
import type { Partitioner } from '../../lib/s3/partitioner/partitioner.ts'
import { at, feed } from '../../lib/testing.ts'
import { parse } from '../../operators/index.ts'

/** The keys that a layout gives three events, and the reasons of those that it gives none. */
async function layOut(
  partitionBy: Partitioner<{ n: number }>,
  prefix = 'raw',
): Promise<{ keys: string[]; reasons: string[] }> {
  const pipeline = definePipeline('layout', ({ kafka, s3, rejected }) => {
    kafka({ topic: 'test' }).through(parse<{ n: number }>()).to(s3({ prefix, partitionBy }))
    rejected.to(s3({ prefix: 'rejected' }))
  })
  const run = await feed(at('09:00', { n: 0 }), at('09:01', { n: 1 }), at('09:02', { n: 2 })).into(
    pipeline,
  )
  await run.expectNoLoss()
  const reasons = run.rows('rejected').map((row) => (row as { reason: string }).reason)
  const keys = run.store.objects('').map(({ key }) => key)
  return { keys: keys.filter((key) => !/^(rejected|_sluice)\//.test(key)), reasons }
}

test('a function of one’s own names folders', async (t) => {
  const { keys, reasons } = await layOut(({ value }) => `half=${segment(`${value.n / 2}/1`)}`)
  t.deepEqual(keys.length, 3)
  t.true(keys.every((key) => /^raw\/half=[\d.]+%2F1\//.test(key)))
  t.deepEqual(reasons, [])
})

for (const [what, answer] of Object.entries({
  'the empty text': '',
  'a number': 7,
  'no text': undefined,
  'a promise': Promise.resolve('a'),
  'a way out': '../other',
  'a way out from inside': 'a/../../other',
  'a place of its own': '/other',
  'an empty folder inside': 'a//b',
  'an open end': 'a/',
  'a line break': 'a\nb',
  'half a letter': '\ud800',
}))
  test(`${what} is no folder: the event is rejected, and its neighbours are not`, async (t) => {
    const own = ({ value }: { value: { n: number } }): string =>
      value.n === 1 ? (answer as string) : 'fine'
    for (const layout of [own, nested(byField<{ n: number }>('n'), own)]) {
      const { keys, reasons } = await layOut(layout)
      t.true(keys.every((key) => key.startsWith('raw/') && key.includes('fine/')))
      t.is(reasons.length, 1)
      t.regex(reasons[0] as string, /^the partitioner gave no folder: /)
    }
  })

test('an event for which a function of one’s own throws is rejected with what it says', async (t) => {
  const { keys, reasons } = await layOut(({ value }) => {
    if (value.n === 1) throw new Error('not this one')
    return 'fine'
  })
  t.true(keys.length > 0)
  t.deepEqual(reasons, ['not this one'])
})

test('no folder lies where the chains do', async (t) => {
  const { keys, reasons } = await layOut(({ value }) => (value.n === 1 ? '_sluice/a' : 'fine'), '')
  t.true(keys.every((key) => key.startsWith('fine/')))
  t.deepEqual(reasons.length, 1)
})
