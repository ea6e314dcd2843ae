import { type CommitRecord, openIn, type OpenRows, openStateOf } from '../commit/record.ts'
import { SluiceError } from '../errors.ts'
import type { AuditContext } from './context.ts'
import { type OpenObject, openObjectsOf } from './open-objects.ts'
import { folderOf, type Problem } from './record-audit.ts'

type Counted = Pick<OpenRows, 'objects' | 'rows'>

/** How many rows of a sink are in open objects after a record. */
function openRowsOf(record: CommitRecord, sink: string): Counted {
  const own = openIn(record).filter((open) => open.sink === sink)
  return { objects: own.reduce((sum, { objects }) => sum + objects, 0), rows: sumOf(own) }
}

/** Whether an object that begins at this offset may have been open after a record. */
export const mayBeOpen = (
  { open = {} }: CommitRecord,
  sink: string,
  firstOffset: number,
): boolean => (open[sink]?.firstOffset ?? Infinity) <= firstOffset

/** Rows are not lost while objects stay open, and not doubled: what was open and what came is what is open and what is finished. */
export function* rowProblems(record: CommitRecord, before: CommitRecord): Generator<Problem> {
  const isCommit = record.kind === 'commit'
  const sinks = new Set([...Object.keys(before.open ?? {}), ...Object.keys(record.open ?? {})])
  for (const sink of sinks) {
    const kept = isCommit ? record.fates[sink]?.kept : 0
    // of results and of rejected events it is not counted what comes
    if (kept === undefined) continue
    const { rows: were } = openRowsOf(before, sink)
    const { rows: are } = openRowsOf(record, sink)
    const finished = isCommit ? sumOf(record.objects.filter((object) => object.sink === sink)) : 0
    if (were + kept === are + finished) continue
    yield {
      kind: were + kept > are + finished ? 'lost' : 'doubled',
      what: `${were} rows of ${sink} were in open objects, and ${kept} came; ${finished} are in objects that were finished, and ${are} in open ones`,
    }
  }
}

/** Tell what is wrong with the open objects of a record. What cannot be read of them is not told here: it is found segment by segment. */
export async function auditOpen(
  record: CommitRecord,
  { store, clock }: Pick<AuditContext, 'store' | 'clock'>,
  found: (problem: Problem) => void,
): Promise<void> {
  try {
    const open = await openObjectsOf(record, store, clock)
    for (const problem of openProblems(record, open)) found(problem)
  } catch (error) {
    if (!(error instanceof SluiceError) || error.code !== 'corrupt') throw error
  }
}

function* openProblems(record: CommitRecord, open: readonly OpenObject[]): Generator<Problem> {
  for (const sink of Object.keys(record.open ?? {})) {
    const own = open.filter((object) => object.sink === sink)
    const said = openRowsOf(record, sink)
    if (own.length !== said.objects || sumOf(own) !== said.rows)
      yield {
        kind: 'contradiction',
        what: `it says that ${said.objects} objects of ${sink} are open, with ${said.rows} rows; ${openStateOf(sink)} are ${own.length}, with ${sumOf(own)}`,
      }
    for (const object of own) {
      const rows = sumOf(object.runs)
      if (rows !== object.rows)
        yield {
          kind: rows < object.rows ? 'lost' : 'doubled',
          what: `the open object of ${folderOf(object)} has ${object.rows} rows, and ${rows} are there`,
        }
    }
  }
}

const sumOf = (all: readonly { readonly rows: number }[]): number =>
  all.reduce((sum, { rows }) => sum + rows, 0)
