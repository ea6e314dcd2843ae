import { openIn } from '../commit/record.ts'
import { type Duration, hours } from '../duration.ts'
import type { PartitionRange } from '../ports.ts'
import { labelOf } from '../verify/context.ts'
import type { Finding } from './finding.ts'
import type { Standing } from './standing.ts'

/** A lane that has had input for so long and committed nothing stands still. */
const STILL: Duration = hours(1)

/** What the log has of each topic now, by topic; undefined for one that is not there. */
export type Ranges = ReadonlyMap<string, readonly PartitionRange[] | undefined>

/** Chains that nobody goes on with, though there is input, and those whose input is gone. */
export function examineChains(
  standings: readonly Standing[],
  ranges: Ranges,
  now: number,
): Finding[] {
  const gone = standings.flatMap((standing) => goneOf(standing, ranges))
  const still = standings.flatMap((standing) => waitingFor(standing, ranges, now))
  const all = standings.filter(({ lane }) => lane.stage === 1).length
  const reports = still.length < all ? still.map(stillOne) : stillAll(still)
  return [...gone, ...reports]
}

interface Still {
  readonly where: string
  readonly records: number
  readonly since: number
  readonly host: string
}

const rangeOf = ({ lane }: Standing, ranges: Ranges): PartitionRange | undefined =>
  ranges.get(lane.topic)?.find(({ partition }) => partition === lane.partition)

function goneOf(standing: Standing, ranges: Ranges): Finding[] {
  const { lane, newest, written } = standing
  if (lane.stage === 2 || !newest || rangeOf(standing, ranges)) return []
  const rows = openIn(newest).reduce((sum, each) => sum + each.rows, 0)
  if (rows === 0) return []
  const what = ranges.get(lane.topic) ? 'the partition is' : 'its topic is'
  return [
    {
      kind: 'stale chain',
      where: labelOf(lane),
      what: `${what} not in the log any more, and ${rows} rows that it has committed wait in open objects`,
      advice: 'make the topic anew with as many partitions, or count these rows as lost',
      since: written,
    },
  ]
}

function waitingFor(standing: Standing, ranges: Ranges, now: number): Still[] {
  const { lane, newest, written } = standing
  const range = rangeOf(standing, ranges)
  if (lane.stage === 2 || !newest || !range || now - written < STILL) return []
  const records = range.high - newest.to
  return records > 0 ? [{ where: labelOf(lane), records, since: written, host: newest.host }] : []
}

const stillOne = ({ where, records, since, host }: Still): Finding => ({
  kind: 'stale chain',
  where,
  what: `${records} offsets wait, and its owner ${host} has committed nothing for long, while other lanes go on or have nothing to do`,
  advice: 'look at that process: end it, and another one takes the lane',
  since,
})

/** Where nothing moves, nobody runs. */
function stillAll(still: readonly Still[]): Finding[] {
  if (still.length === 0) return []
  const records = still.reduce((sum, each) => sum + each.records, 0)
  return [
    {
      kind: 'stale chain',
      where: 'all lanes',
      what: `${records} offsets wait in ${still.length} partitions, and nobody commits`,
      advice: 'run the pipeline',
      since: Math.max(...still.map(({ since }) => since)),
    },
  ]
}
