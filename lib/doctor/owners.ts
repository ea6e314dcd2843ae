import type { CommitRecord } from '../commit/record.ts'
import { type Duration, minutes } from '../duration.ts'
import { labelOf } from '../verify/context.ts'
import type { Finding } from './finding.ts'

/** Within this, a lane goes from one process to another and back when it is taken away, not when the group shares out anew. */
const SPAN: Duration = minutes(10)

/** How often a process has to come back. */
const RETURNS = 2

type Claim = Pick<CommitRecord, 'kind' | 'host' | 'at' | 'lane'>

/**
 * Two runs that take a lane from each other, again and again: two groups under one name, or a process that its group has given up.
 *
 * @param records of one chain, in their order: as many of the newest as are looked at
 */
export function examineOwners(records: readonly Claim[]): Finding[] {
  const last = records.at(-1)
  if (!last) return []
  const recent = records.filter(({ at }) => Date.parse(last.at) - Date.parse(at) <= SPAN)
  const hosts = recent
    .filter(({ kind }) => kind === 'claim')
    .map(({ host }) => host)
    .filter((host, i, all) => host !== all[i - 1])
  const returned = hosts.filter((host, i) => hosts.indexOf(host) < i)
  if (returned.length < RETURNS) return []
  return [
    {
      kind: 'two owners',
      where: labelOf(last.lane),
      what: `within ${SPAN / 60_000} minutes it was claimed in turn by ${[...new Set(hosts)].join(' and ')}: nothing is lost, and most of their work is thrown away`,
      advice: 'stop one of them, or give it another --name',
      since: Date.parse(recent[0]!.at),
    },
  ]
}
