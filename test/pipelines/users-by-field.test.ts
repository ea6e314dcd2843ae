import test from 'ava'
import { crash, feed, restart } from '../../lib/testing.ts'
import usersByField from '../../pipelines/users-by-field.ts'
import { contents, records, samples } from './samples.ts'

const users = samples('users')

/** Companies and countries of the users, by their offsets. */
const FOLDERS: readonly (readonly [company: string, country: string])[] = [
  ['Block Group', 'Argentina'],
  ["O'Keefe, O'Conner and Ullrich", 'France'],
  ['Block Group', 'France'],
  ['Wintheiser, Sanford and Gusikowski', 'Peru'],
  ['Bruen-Donnelly', 'Indonesia'],
  ['Hauck, Little and Hand', 'France'],
]

const expected = (folderOf: (company: string, country: string) => string): Record<string, string> =>
  Object.fromEntries(
    FOLDERS.map(([company, country], offset) => [
      `warehouse/test/${folderOf(company, country)}/test+0+000000000${offset}.json`,
      `${users[offset]}\n`,
    ]),
  )

const byCompany = expected((company, country) => `company=${company}/country=${country}`)

test('users lie in folders of their company and country, as they stand', async (t) => {
  const [first, ...others] = records(users)
  const outcome = await feed(first!, crash(), restart(), ...others).into(usersByField)
  t.deepEqual(contents(outcome, 'warehouse'), byCompany)
  await outcome.expectNoLoss()
})

test('the folders swap with the fields', async (t) => {
  const outcome = await feed(...records(users)).into(usersByField, {
    values: { fields: ['country', 'company'] },
  })
  t.deepEqual(
    contents(outcome, 'warehouse'),
    expected((company, country) => `country=${country}/company=${company}`),
  )
})

test('users with a schema lie in the same objects', async (t) => {
  const outcome = await feed(...records(samples('users-with-schema'))).into(usersByField, {
    values: { input: 'connect-json' },
  })
  t.deepEqual(contents(outcome, 'warehouse'), byCompany)
  await outcome.expectNoLoss()
})

test('read as what they are not, users with a schema and without are set aside with the reason', async (t) => {
  const plain = await feed(...records(users)).into(usersByField, {
    values: { input: 'connect-json' },
  })
  const reasons = plain.rows<{ reason: string }>('rejected').map(({ reason }) => reason)
  t.is(reasons.length, 6)
  t.regex(reasons[0]!, /^no JSON of Kafka Connect: it has no schema/)
  const wrapped = await feed(...records(samples('users-with-schema'))).into(usersByField)
  t.is(wrapped.rows('rejected').length, 6)
  t.deepEqual(wrapped.objects('warehouse'), [])
})

test('missing, null and empty are three folders', async (t) => {
  const lines = ['{"id":1}', '{"id":2,"company":null}', '{"id":3,"company":""}']
  const outcome = await feed(...records(lines)).into(usersByField, {
    values: { fields: ['company'] },
  })
  const keys = Object.keys(contents(outcome, 'warehouse'))
  t.deepEqual(new Set(keys.map((key) => key.split('/')[2])).size, 3)
})
