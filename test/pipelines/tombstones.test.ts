import test from 'ava'
import {
  byField,
  definePipeline,
  hourly,
  jsonLines,
  minutes,
  nested,
  tombstones,
} from '../../lib/index.ts'
import type { Pipeline } from '../../lib/pipeline.ts'
import type { NewRecord } from '../../lib/ports.ts'
import { eventTime, parse } from '../../operators/index.ts'
import { linesOf } from './contents.ts'
import { append, newWorld, runToEnd } from './world.ts'

interface User {
  readonly country: string
  readonly at: number
}

const HOUR = Date.parse('2023-12-01T09:00:00Z')
const user: User = { country: 'France', at: HOUR }
const tombstone: NewRecord = { key: 'u2', value: null, timestamp: HOUR + minutes(61) }
const records: readonly NewRecord[] = [
  { key: 'u1', value: JSON.stringify(user), timestamp: HOUR },
  tombstone,
]
const include = ['key', 'offset'] as const

/** What a pipeline makes of them: rows by folder, and what was dropped and set aside. */
async function outcomeOf(pipeline: Pipeline, input: readonly NewRecord[] = records) {
  const world = await newWorld(1)
  await append(world, input)
  const { dropped, rejected } = await runToEnd(world, { pipeline })
  const objects = world.store.objects('users/').map(({ key, bytes }) => {
    const folder = key.split('/').slice(1, -1).join('/')
    return [folder, bytes.toString().trimEnd()] as const
  })
  return { folders: Object.fromEntries(objects), dropped, rejected, world }
}

const kept = '{"key":"u2","offset":1,"value":null}'
const first = `{"key":"u1","offset":0,"value":${JSON.stringify(user)}}`

test('unless said otherwise they are set aside, with the place and the key of the record', async (t) => {
  const { folders, rejected, world } = await outcomeOf(
    definePipeline('users', ({ kafka, s3, rejected }) => {
      kafka({ topic: 'views' })
        .through(parse<User>())
        .to(s3({ prefix: 'users', partitionBy: byField('country') }))
      rejected.to(s3({ prefix: 'rejected' }))
    }),
  )
  t.deepEqual(Object.keys(folders), ['country=France'])
  t.deepEqual(rejected, { 'null value': 1 })
  const [row = '{}'] = linesOf(world.store, 'rejected')
  t.like(JSON.parse(row), { reason: 'null value', offset: 1, bytes: null })
})

test('dropped, they are counted', async (t) => {
  const { folders, dropped } = await outcomeOf(
    definePipeline('users', ({ kafka, s3 }) =>
      kafka({ topic: 'views' })
        .through(parse<User>({ tombstones: 'drop' }))
        .to(s3({ prefix: 'users', partitionBy: byField('country') })),
    ),
  )
  t.deepEqual(Object.keys(folders), ['country=France'])
  t.deepEqual(dropped, { parse: 1 })
})

test('kept, they are null in the layout by field, where the field is missing', async (t) => {
  const { folders } = await outcomeOf(
    definePipeline('users', ({ kafka, s3 }) =>
      kafka({ topic: 'views' })
        .through(parse<User>({ tombstones: 'keep' }))
        .to(
          s3({ prefix: 'users', partitionBy: byField('country'), format: jsonLines({ include }) }),
        ),
    ),
  )
  t.deepEqual(folders, { 'country=France': first, 'country=__missing__': kept })
})

test('kept, they are in the layout by time, at the time that their record has', async (t) => {
  const { folders } = await outcomeOf(
    definePipeline('users', ({ kafka, s3 }) =>
      kafka({ topic: 'views' })
        .through(parse<User>({ tombstones: 'keep' }))
        .through(
          eventTime((user, { timestamp }) => user?.at ?? timestamp, { outOfOrder: minutes(1) }),
        )
        .to(s3({ prefix: 'users', partitionBy: hourly(), format: jsonLines({ include }) })),
    ),
  )
  const day = 'year=2023/month=12/day=01'
  t.deepEqual(folders, { [`${day}/hour=09`]: first, [`${day}/hour=10`]: kept })
})

test('kept, they have a folder of their own beside any layout, and layouts within it', async (t) => {
  const pipeline = (within: boolean) =>
    definePipeline('users', ({ kafka, s3 }) => {
      const users = kafka({ topic: 'views' }).through(parse<User>({ tombstones: 'keep' }))
      const partitionBy = tombstones<User>(
        'deleted',
        ({ value }) => `of-${value.country.toLowerCase()}`,
      )
      const byHour = nested(partitionBy, hourly({ by: 'record' }))
      users.to(
        s3({
          prefix: 'users',
          partitionBy: within ? byHour : partitionBy,
          format: jsonLines({ include }),
        }),
      )
    })
  const flat = await outcomeOf(pipeline(false))
  t.deepEqual(flat.folders, { 'of-france': first, deleted: kept })
  const { folders } = await outcomeOf(pipeline(true))
  const day = 'year=2023/month=12/day=01'
  t.deepEqual(folders, {
    [`of-france/${day}/hour=09`]: first,
    [`deleted/${day}/hour=10`]: kept,
  })
})

test('of Kafka Connect’s JSON a null payload is one too', async (t) => {
  const schema = { type: 'struct', optional: true, fields: [] }
  const { folders } = await outcomeOf(
    definePipeline('users', ({ kafka, s3 }) =>
      kafka({ topic: 'views' })
        .through(parse<User>({ format: 'connect-json', tombstones: 'keep' }))
        .to(
          s3({
            prefix: 'users',
            partitionBy: tombstones('deleted', byField('country')),
            format: jsonLines({ include }),
          }),
        ),
    ),
    [
      { key: 'u1', value: JSON.stringify({ schema, payload: user }) },
      { key: 'u2', value: JSON.stringify({ schema, payload: null }) },
      { key: 'u3', value: null },
    ],
  )
  t.deepEqual(folders, {
    'country=France': first,
    deleted: `${kept}\n{"key":"u3","offset":2,"value":null}`,
  })
})

test('a function of one’s own that does not expect them sets them aside, and goes on', async (t) => {
  const { folders, rejected } = await outcomeOf(
    definePipeline('users', ({ kafka, s3, rejected }) => {
      kafka({ topic: 'views' })
        .through(parse<User>({ tombstones: 'keep' }))
        .to(s3({ prefix: 'users', partitionBy: ({ value }) => value!.country }))
      rejected.to(s3({ prefix: 'rejected' }))
    }),
    [tombstone, ...records],
  )
  t.deepEqual(Object.keys(folders), ['France'])
  t.is(Object.values(rejected)[0], 2)
})

test('their folder is one that an object can lie in', (t) => {
  for (const folder of ['', '/deleted', 'a//b', '..', 'a\n'])
    t.throws(() => tombstones(folder, byField('country')), {
      code: 'config',
      message: /^tombstones cannot lie in the folder '/,
    })
})
