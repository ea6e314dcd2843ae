import type { SinkFates } from '../commit/record.ts'
import type { SinkEpoch } from '../sink.ts'
import type { Path } from './graph.ts'

/**
 * What became of an epoch's records on their way to each sink. What a sink says it has taken in is checked against what the operators before it let
 * through, unless one of them combines messages.
 *
 * @throws Error when they contradict each other: a record has vanished or was doubled inside the lane
 */
export function fatesOf(
  paths: readonly Path[],
  taken: ReadonlyMap<string, SinkEpoch>,
  records: number,
): Record<string, SinkFates> {
  const fates: Record<string, SinkFates> = {}
  for (const { id, operators } of paths) {
    const dropped: Record<string, number> = {}
    const rejected: Record<string, number> = {}
    let left = records
    for (const operator of operators) {
      left -= operator.fates.dropped + operator.fates.rejected
      if (operator.fates.dropped > 0) dropped[operator.id] = operator.fates.dropped
      if (operator.fates.rejected > 0) rejected[operator.id] = operator.fates.rejected
    }
    const sink = taken.get(id)
    if (sink && sink.rejected > 0) rejected[id] = sink.rejected
    const kept = left - (sink?.rejected ?? 0)
    if (sink && kept !== sink.kept && !operators.some(({ holds }) => holds))
      throw new Error(
        `${id} took in ${sink.kept} of ${kept} records that came through its operators`,
      )
    fates[id] = { kept, dropped, rejected }
  }
  return fates
}
