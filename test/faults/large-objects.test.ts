import test from 'ava'
import { seconds } from '../../lib/duration.ts'
import { definePipeline, gzip } from '../../lib/index.ts'
import { StoreError } from '../../lib/ports.ts'
import { LARGE } from '../../lib/s3/growth.ts'
import { at, crash, feed, type Outcome, restart, slow } from '../../lib/testing.ts'
import { parse } from '../../operators/index.ts'

interface Page {
  readonly n: number
  readonly text: string
}

/** Three of them in a second; four make an object that goes up as soon as it is closed. */
const page = (n: number) =>
  at(`09:00:${(n / 3).toFixed(3).padStart(6, '0')}`, {
    n,
    text: String.fromCharCode(97 + (n % 26)).repeat(LARGE / 4),
  } satisfies Page)

const pages = (compression?: ReturnType<typeof gzip>) =>
  definePipeline('pages', ({ kafka, s3, rejected }) => {
    kafka({ topic: 'pages' })
      .through(parse<Page>())
      .to(s3({ prefix: 'pages', rotate: { records: 5 }, ...(compression && { compression }) }))
    rejected.to(s3({ prefix: 'rejected' }))
  })

const numbers = (run: Outcome): number[] => run.rows<Page>('pages').map(({ n }) => n)
const upTo = (most: number): number[] => Array.from({ length: most }, (_, n) => n)

/** Bundles that take longer than an epoch: what was carried is closed before it is in its bundle. */
const hurried = { commitEvery: seconds(1), faults: [slow(seconds(5), 'store')] }

for (const [title, compression] of [
  ['', undefined],
  [', compressed', gzip({ level: 1 })],
] as const)
  test(`an object that is closed before the rows that it carries are in their bundle has them all${title}`, async (t) => {
    const run = await feed(...upTo(23).map(page)).into(pages(compression), hurried)
    t.deepEqual(numbers(run), upTo(23))
    t.deepEqual(
      run.objects('pages').map(({ metadata }) => metadata['sluice-rows']),
      ['5', '5', '5', '5', '3'],
    )
    await run.expectNoLoss()
  })

test('objects that have gone up before their commit are made anew after a crash, once', async (t) => {
  for (let fatal = 1; fatal < 23; fatal += 3) {
    const input = upTo(23).map(page)
    const run = await feed(
      ...input.slice(0, fatal),
      crash(),
      restart(),
      ...input.slice(fatal),
    ).into(pages(), hurried)
    t.deepEqual(numbers(run), upTo(23), `after ${fatal}`)
    await run.expectNoLoss()
  }
})

test('an object that goes up within its epoch is in the store once', async (t) => {
  const sent: number[] = []
  const run = await feed(...upTo(10).map(page)).into(pages(), {
    commitEvery: seconds(60),
    faults: [
      ({ method, key }) => {
        if (method === 'uploadPart' && key.startsWith('pages/')) sent.push(sent.length)
        return undefined
      },
    ],
  })
  t.is(sent.length, 2)
  t.is(run.objects('pages').length, 2)
  const bundles = run.store
    .objects('_sluice/')
    .filter(({ key }) => key.includes('/bundles/'))
    .reduce((sum, { bytes }) => sum + bytes.length, 0)
  t.true(bundles < LARGE, `${bundles}`)
})

test('a commit that fails while objects have gone up is made again by the next owner', async (t) => {
  const denied = new StoreError('denied', 'not today')
  for (let nth = 1; nth <= 4; nth++) {
    const run = await feed(...upTo(23).map(page)).into(pages(), {
      ...hurried,
      faults: [
        (call) =>
          call.method === 'store' && call.nth === nth
            ? { before: seconds(5), after: denied }
            : undefined,
        ...hurried.faults,
      ],
    })
    t.deepEqual(numbers(run), upTo(23), `at bundle ${nth}`)
    await run.expectNoLoss()
  }
})
