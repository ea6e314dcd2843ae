import test from 'ava'
import { at, crash, feed, restart } from '../../lib/testing.ts'
import hello from '../../pipelines/hello.ts'

test('every visitor is greeted once, whatever happens, and what is none is kept', async (t) => {
  const visitors = feed(
    at('09:00', { name: 'Ada' }),
    at('09:01', 'knock knock'),
    crash(),
    restart(),
    at('09:02', { name: 'Grace' }),
  )
  const outcome = await visitors.into(hello)
  t.deepEqual(outcome.rows('hello'), [{ hello: 'Ada' }, { hello: 'Grace' }])
  t.like(outcome.rows('hello-rejected'), [{ operator: 'parse', text: 'knock knock' }])
  await outcome.expectNoLoss()
})
