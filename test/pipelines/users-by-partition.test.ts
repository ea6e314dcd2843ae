import test from 'ava'
import { seconds } from '../../lib/duration.ts'
import { barrier, crash, feed, restart } from '../../lib/testing.ts'
import usersByPartition from '../../pipelines/users-by-partition.ts'
import { contents, records, samples } from './samples.ts'

const users = samples('users')
const objectOf = (...lines: string[]): string => `${lines.join('\n')}\n`

test('six users are two objects of three, as their producer wrote them', async (t) => {
  const outcome = await feed(...records(users)).into(usersByPartition)
  t.deepEqual(contents(outcome, 'topics'), {
    'topics/test/partition=0/test+0+0000000000.json': objectOf(...users.slice(0, 3)),
    'topics/test/partition=0/test+0+0000000003.json': objectOf(...users.slice(3)),
  })
  t.deepEqual(outcome.objects('rejected'), [])
  await outcome.expectNoLoss()
})

test('a crash between two users changes nothing', async (t) => {
  const [one, two, three, ...others] = records(users)
  const outcome = await feed(one!, two!, barrier(), three!, crash(), restart(), ...others).into(
    usersByPartition,
    { values: { flushSize: 4 }, commitEvery: seconds(2) },
  )
  t.deepEqual(contents(outcome, 'topics'), {
    'topics/test/partition=0/test+0+0000000000.json': objectOf(...users.slice(0, 4)),
    'topics/test/partition=0/test+0+0000000004.json': objectOf(...users.slice(4)),
  })
  await outcome.expectNoLoss()
})

test('a user with a schema is kept without it', async (t) => {
  const outcome = await feed(...records(samples('users-with-schema'))).into(usersByPartition, {
    values: { input: 'connect-json', flushSize: 6 },
  })
  t.deepEqual(contents(outcome, 'topics'), {
    'topics/test/partition=0/test+0+0000000000.json': objectOf(...users),
  })
})

test('what was just produced can be seen after ten seconds without a record', async (t) => {
  const outcome = await feed(...records(users.slice(0, 2)), barrier(), barrier(), crash()).into(
    usersByPartition,
  )
  t.deepEqual(Object.keys(contents(outcome, 'topics')), [
    'topics/test/partition=0/test+0+0000000000.json',
  ])
})

test('what is no user is set aside', async (t) => {
  const wrong = ['{"id":-1}', 'nobody', '{"id":7,"company":7}']
  const outcome = await feed(...records([...wrong, users[0]!])).into(usersByPartition)
  t.is(outcome.rows('topics').length, 1)
  t.deepEqual(
    outcome.rows<{ text: string }>('rejected').map(({ text }) => text),
    wrong,
  )
  await outcome.expectNoLoss()
})
