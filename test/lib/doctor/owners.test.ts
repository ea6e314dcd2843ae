import test from 'ava'
import { examineOwners } from '../../../lib/doctor/owners.ts'
import { recordOf } from './lanes.ts'

/** Claims of hosts, so many seconds apart, with commits in between. */
const claims = (hosts: string, apart = 10) =>
  hosts
    .split('')
    .flatMap((host, i) =>
      (['claim', 'commit'] as const).map((kind) =>
        recordOf({ kind, host, at: new Date(i * apart * 1_000).toISOString() }),
      ),
    )

test('two that take a lane from each other are told', (t) => {
  const [finding] = examineOwners(claims('ABAB'))
  t.like(finding, { kind: 'two owners', where: 'views-0', since: 0 })
  t.regex(finding!.what, /claimed in turn by A and B: /)
})

test('processes that die and are started anew, and a lane that comes back once, are as they should be', (t) => {
  for (const hosts of ['', 'A', 'AAAA', 'ABCDE', 'ABA', 'AAABBB'])
    t.deepEqual(examineOwners(claims(hosts)), [], hosts)
})

test('what was long ago counts no more', (t) => {
  t.deepEqual(examineOwners(claims('ABABAB', 400)), [])
})
