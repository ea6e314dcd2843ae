import type { Log, PartitionRange } from '../ports.ts'
import type { AuditContext } from './context.ts'
import type { FindingKind } from './finding.ts'
import type { Epoch, LaneAudit } from './lane-audit.ts'

/** What the log tells about one lane. */
export interface LogReport {
  /** Records that were read and that the log still has. */
  readonly checked: number
  /** Records that were read and that the log has no more: not checkable, and not lost. */
  readonly gone: number
  /** Offsets that are still to be read. */
  readonly unread: number
}

const READ_ANEW = 'read the topic anew with another --name'

/**
 * Count the log's records against a lane's commits: each must have been read. What retention or compaction has taken away is not checkable.
 *
 * Holds one fetch.
 */
export async function auditLog(
  lane: LaneAudit,
  { low, high }: PartitionRange,
  log: Log,
  { findings }: AuditContext,
): Promise<LogReport> {
  const { label, first, newest } = lane
  const to = newest?.to ?? first
  const report = (where: string, kind: FindingKind, what: string): void =>
    findings.add({ kind, where, what, advice: READ_ANEW })
  if (to > high)
    report(
      label,
      'contradiction',
      `it has read up to offset ${to}, but the log ends at ${high}: the topic was made anew or cut`,
    )
  if (low < first && lane.start === 1)
    report(label, 'lost', `it began to read at offset ${first}, but the log begins at ${low}`)
  let checked = 0
  for await (const { epoch, count } of countByEpoch(lane, low, Math.min(to, high), log)) {
    // where retention or compaction was at work there are fewer left than were read
    checked += Math.min(count, epoch.records)
    if (count > epoch.records)
      report(
        `${label} record ${epoch.index}`,
        'lost',
        `the log has ${count} records at offsets ${epoch.from} to ${epoch.to - 1}, but ${epoch.records} of them were read`,
      )
  }
  return { checked, gone: lane.records - checked, unread: Math.max(0, high - Math.max(to, low)) }
}

/** How many records the log has for every epoch that ends after `low`. */
async function* countByEpoch(
  { lane, epochs, first }: LaneAudit,
  low: number,
  to: number,
  log: Log,
): AsyncGenerator<{ readonly epoch: Epoch; readonly count: number }> {
  const from = Math.max(first, low)
  if (from >= to) return
  let next = epochs.findIndex((epoch) => epoch.to > from)
  let count = 0
  for await (const { records } of log.read(lane.topic, lane.partition, from, to))
    for (const { offset } of records) {
      for (let epoch = epochs[next]; epoch && offset >= epoch.to; epoch = epochs[++next]) {
        yield { epoch, count }
        count = 0
      }
      if (offset >= (epochs[next]?.from ?? Infinity)) count++
    }
  const last = epochs[next]
  if (last) yield { epoch: last, count }
}
