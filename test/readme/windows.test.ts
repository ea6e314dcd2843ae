import { readFileSync } from 'node:fs'
import test from 'ava'
import { hours } from '../../lib/duration.ts'
import { at, feed } from '../../lib/testing.ts'
import { keyBy, reduce, tumbling, window } from '../../operators/index.ts'
import { dearest } from './dearest.ts'

test('the reducer in the documentation is one that compiles', (t) => {
  const [, block = ''] = /```ts\n(.*?)```/s.exec(readFileSync('docs/windows.md', 'utf8')) ?? []
  t.true(block.startsWith('export const dearest'))
  t.true(readFileSync(new URL('./dearest.ts', import.meta.url), 'utf8').endsWith(block))
})

test('the reducer in the documentation keeps the three dearest', async (t) => {
  const sales = [3, 9, 5, 9, 1].map((price, i) =>
    at('09:10', { shop: 'x', item: `item_${i}`, price }),
  )
  const keyed = await feed(...sales).run(
    keyBy((sale: { shop: string; item: string; price: number }) => sale.shop),
  )
  const windowed = await feed(...keyed.items).run(window(tumbling(hours(1))))
  const results = await feed(...windowed.items).through(reduce({ dearest: dearest() }))
  t.deepEqual(
    results.map((row) => row.dearest),
    ['item_1 at 9, item_3 at 9, item_2 at 5'],
  )
})
