import { systemPrefix } from '../commit/chain.ts'
import { type CommitRecord, sha256 } from '../commit/record.ts'
import { retry } from '../retry.ts'
import { tableKey } from '../table/tables.ts'
import { type AuditContext, labelOf } from './context.ts'
import { RESTORE } from './finding.ts'
import { auditSegment, type ReadVerdict } from './object-audit.ts'

/** Yields a look at each thing from outside without which a record's epoch cannot be run again: answers, and versions of tables. */
export function* externalJobs(
  { recorded, index, lane }: CommitRecord,
  context: AuditContext,
): Generator<() => Promise<void>> {
  const { store, clock, tables } = context
  for (const [operator, segment] of Object.entries(recorded.answers ?? {}))
    yield async () => {
      const what = `what ${operator} was answered in ${labelOf(lane)} record ${index}`
      report(segment.bundle, what, await auditSegment(segment, store, clock), context)
    }
  for (const [table, hash] of Object.entries(recorded.tables ?? {})) {
    if (tables.has(hash)) continue
    tables.add(hash)
    yield async () => {
      const key = tableKey(systemPrefix(lane.pipeline), hash)
      const bytes = await retry(() => store.get(key), { clock })
      const verdict: ReadVerdict = !bytes
        ? { state: 'missing' }
        : sha256(bytes) === hash
          ? { state: 'sound' }
          : { state: 'altered', how: 'its bytes are others than were written' }
      report(key, `a version of the table ${table}`, verdict, context)
    }
  }
}

function report(
  where: string,
  what: string,
  verdict: ReadVerdict,
  { findings }: AuditContext,
): void {
  if (verdict.state === 'missing')
    findings.add({ kind: 'lost', where, what: `it is gone: ${what}`, advice: RESTORE })
  if (verdict.state === 'altered')
    findings.add({ kind: 'altered', where, what: `${verdict.how}: ${what}`, advice: RESTORE })
}
