import { readFileSync } from 'node:fs'
import test from 'ava'
import { definePipeline, nested } from '../../lib/index.ts'
import { at, barrier, feed } from '../../lib/testing.ts'
import { parse } from '../../operators/index.ts'
import { byInitial, logfmt } from './own-layout.ts'

interface View {
  readonly page?: string
  readonly seconds?: number
}

const views = definePipeline('views', ({ kafka, s3, rejected }) => {
  kafka({ topic: 'views' })
    .through(parse<View>())
    .to(
      s3({
        prefix: 'raw',
        partitionBy: nested(
          byInitial((view) => view.page ?? ''),
          ({ value }) => `long=${(value.seconds ?? 0) > 9}`,
        ),
        format: logfmt(),
        rotate: { records: 2 },
      }),
    )
  rejected.to(s3({ prefix: 'rejected' }))
})

test('the format and the partitioner in the documentation are ones that compile', (t) => {
  const source = readFileSync(new URL('./own-layout.ts', import.meta.url), 'utf8')
  const blocks = readFileSync('docs/layouts.md', 'utf8').matchAll(/```ts\n(.*?)```/gs)
  t.true([...blocks].some(([, block = '']) => block.length > 500 && source.endsWith(block)))
})

test('the format and the partitioner in the documentation lay out events, and verify counts their rows', async (t) => {
  const outcome = await feed<unknown>(
    at('09:00', { page: 'Home', seconds: 12 }),
    barrier(),
    at('09:01', { page: 'help\nme', seconds: 10 }),
    at('09:02', { page: '𝔄', seconds: 1 }),
    at('09:03', {}),
  ).into(views)
  t.deepEqual(
    outcome.objects('raw').map(({ key, bytes }) => [key, bytes.toString()]),
    [
      [
        'raw/initial=h/long=true/views+0+0000000000.log',
        'page="Home" seconds=12\npage="help\\nme" seconds=10\n',
      ],
      ['raw/initial=𝔄/long=false/views+0+0000000002.log', 'page="𝔄" seconds=1\n'],
    ],
  )
  const [row] = outcome.rows<{ reason: string; operator: string }>('rejected')
  t.deepEqual(
    [row?.operator, row?.reason],
    ['raw', 'logfmt() cannot write an event without a field'],
  )
  await outcome.expectNoLoss()
})
