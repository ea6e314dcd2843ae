import test from 'ava'
import { crash, feed, restart } from '../../lib/testing.ts'
import usersByFieldAndTime from '../../pipelines/users-by-field-and-time.ts'
import { contents, records, samples } from './samples.ts'

const users = samples('users')

test('users lie in the hour of their login in the folders of their company and country', async (t) => {
  const [first, ...others] = records(users)
  const outcome = await feed(first!, crash(), restart(), ...others).into(usersByFieldAndTime)
  const folders = [
    'company=Block Group/country=Argentina/year=2022/month=03/day=22/hour=10',
    "company=O'Keefe, O'Conner and Ullrich/country=France/year=2022/month=10/day=23/hour=16",
    'company=Block Group/country=France/year=2022/month=05/day=05/hour=23',
    'company=Wintheiser, Sanford and Gusikowski/country=Peru/year=2022/month=01/day=19/hour=18',
    'company=Bruen-Donnelly/country=Indonesia/year=2022/month=04/day=25/hour=21',
    'company=Hauck, Little and Hand/country=France/year=2022/month=07/day=14/hour=09',
  ]
  t.deepEqual(
    contents(outcome, 'warehouse'),
    Object.fromEntries(
      folders.map((folder, i) => [
        `warehouse/test/${folder}/test+0+000000000${i}.json`,
        `${users[i]}\n`,
      ]),
    ),
  )
  await outcome.expectNoLoss()
})

test('fields and path are options', async (t) => {
  const outcome = await feed(...records(users)).into(usersByFieldAndTime, {
    values: { fields: ['country'], pathFormat: "'y'=YYYY", timestamp: 'record' },
  })
  t.true(
    Object.hasOwn(
      contents(outcome, 'warehouse'),
      'warehouse/test/country=France/y=2024/test+0+0000000001.json',
    ),
  )
})
