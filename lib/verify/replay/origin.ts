import type { StagedObject } from '../../commit/record.ts'
import { idOf } from '../../topics.ts'
import type { Replaying } from './replaying.ts'
import type { ReportedEpoch } from './reporting.ts'
import { Rerun } from './rerun.ts'

/**
 * Find the record that a row was made of, `views-0@17`, by running its epoch once more and looking at every row. Undefined for a row that came from no single
 * record, or in an earlier epoch.
 */
export async function originOf(
  row: Buffer,
  { sink, firstOffset, lastOffset }: StagedObject,
  { record, before, memory, input }: ReportedEpoch,
  replaying: Replaying,
): Promise<string | undefined> {
  if (firstOffset < 0) return undefined
  if (firstOffset === lastOffset) return `${idOf(record.lane)}@${firstOffset}`
  let origin: string | undefined
  const options = replaying.rerunOptions(before, {
    placed({ sink: owner, row: made, message: { record: source } }) {
      const { offset } = source
      if (origin !== undefined || owner !== sink) return
      if (offset < firstOffset || offset > lastOffset) return
      if (row.equals(Buffer.from(made as string))) origin = `${idOf(source)}@${offset}`
    },
  })
  const rerun = await Rerun.after(before, memory, options)
  try {
    await rerun.discard(await rerun.epoch(record, input.feed(record, before)))
  } finally {
    rerun.close()
  }
  return origin
}
