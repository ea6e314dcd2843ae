import { type Duration, minutes } from '../duration.ts'
import type { Finding } from './finding.ts'

/** Clocks that are kept differ by less. */
const MOST: Duration = minutes(1)

/** A record by the clock of its writer, and by that of the store, in ms. */
export interface DatedRecord {
  readonly host: string
  readonly at: number
  readonly modified: number
}

/** Whether this machine's clock is the store's: S3 refuses requests from 15 minutes on, until the client has heard of it. */
export function examineClock(here: number, store: number | undefined, place: string): Finding[] {
  if (store === undefined || Math.abs(here - store) < MOST) return []
  return [
    {
      kind: 'clock skew',
      where: 'this machine',
      what: `its clock is ${aheadOrBehind(here - store)} that of ${place}`,
      advice: ADVICE,
    },
  ]
}

/**
 * Processes whose clocks are not the store's. A record that waited for its answer looks as if its writer's clock was behind: so all that is known of a
 * process has to say so.
 */
export function examineWriters(records: readonly DatedRecord[]): Finding[] {
  const known = records.filter(({ modified }) => Number.isFinite(modified))
  const byHost = Map.groupBy(known, ({ host }) => host)
  return [...byHost].flatMap(([host, all]): Finding[] => {
    const ahead = Math.max(...all.map(({ at, modified }) => at - modified))
    if (Math.abs(ahead) < MOST || (ahead < 0 && all.length < 2)) return []
    return [
      {
        kind: 'clock skew',
        where: host,
        what: `its clock is ${aheadOrBehind(ahead)} the store's, by its newest records`,
        advice: ADVICE,
      },
    ]
  })
}

const ADVICE =
  'keep it by NTP: folders and rotation go by it, and a store may refuse what is signed with it'

const aheadOrBehind = (ms: number): string =>
  `${Math.round(Math.abs(ms) / 1_000)} s ${ms > 0 ? 'ahead of' : 'behind'}`
