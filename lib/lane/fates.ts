import type { CommitRecord, SinkFates } from '../commit/record.ts'
import type { Fates } from '../operator.ts'
import type { OperatorStream } from '../operator-stream.ts'
import type { SinkEpoch } from '../sink.ts'
import type { Path } from './graph.ts'

/** What drops messages that were produced more than once, and rejects records that processes have died of. */
export const SOURCE = 'source'

/**
 * What became of an epoch's messages on their way to each sink: its records, and what operators made of them beyond one each, are kept, dropped or
 * rejected. What a sink says it has taken in is checked against what the operators before it let through, unless one of them combines messages.
 *
 * @param source records that the source itself has dropped or rejected
 * @throws Error when they contradict each other: a message has vanished or was doubled inside the lane
 */
export function fatesOf(
  paths: readonly Path[],
  taken: ReadonlyMap<string, SinkEpoch>,
  records: number,
  source: Pick<Fates, 'dropped' | 'rejected'> = { dropped: 0, rejected: 0 },
): Record<string, SinkFates> {
  const fates: Record<string, SinkFates> = {}
  for (const { id, operators } of paths) {
    const expanded = countsOf(operators, 'expanded')
    const dropped = countsOf(operators, 'dropped')
    const rejected = countsOf(operators, 'rejected')
    if (source.dropped > 0) dropped[SOURCE] = source.dropped + (dropped[SOURCE] ?? 0)
    if (source.rejected > 0) rejected[SOURCE] = source.rejected + (rejected[SOURCE] ?? 0)
    const sink = taken.get(id)
    if (sink && sink.rejected > 0) rejected[id] = sink.rejected
    const kept = records + sumOf(expanded) - sumOf(dropped) - sumOf(rejected)
    if (sink && kept !== sink.kept && !operators.some(({ holds }) => holds))
      throw new Error(
        `${id} took in ${sink.kept} of ${kept} messages that came through its operators`,
      )
    fates[id] = { kept, ...(sumOf(expanded) > 0 && { expanded }), dropped, rejected }
  }
  return fates
}

/** By operator, where it is not zero; several without state may have one name. */
function countsOf(operators: readonly OperatorStream[], fate: keyof Fates): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { id, fates } of operators)
    if (fates[fate] > 0) counts[id] = (counts[id] ?? 0) + fates[fate]
  return counts
}

const sumOf = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, n) => sum + n, 0)

/**
 * What operators have dropped or rejected, or made beyond what they were handed, on the way to any sink: one before a branch is on the way to several,
 * and has done so once.
 */
export function fateByOperator(
  { fates }: Pick<CommitRecord, 'fates'>,
  fate: 'dropped' | 'expanded' | 'rejected',
): Record<string, number> {
  return Object.assign({}, ...Object.values(fates).map((counts) => counts[fate])) as Record<
    string,
    number
  >
}
