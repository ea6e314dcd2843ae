import { Chain } from '../../commit/chain.ts'
import type { CommitRecord } from '../../commit/record.ts'
import { isOutage, messageOf } from '../../errors.ts'
import { entriesOf, readEntry } from '../chain-entries.ts'
import { factDifferences } from './differences.ts'
import { NotCheckable } from './epoch-input.ts'
import { LogInput } from './log-input.ts'
import { isRemembered } from './remembered.ts'
import type { Replaying } from './replaying.ts'
import { Rerun } from './rerun.ts'
import type { Watch } from './watch.ts'

/** How much is run again to come to what a lane remembered, and how many commits that may be. */
const MOST_RECORDS = 1_000_000
const MOST_COMMITS = 10_000

/**
 * Run one epoch of a reading lane again and watch it: from what the lane remembered then, if that is still there; else from the newest record before it after
 * which it is, which for a lane without state is the last one, and for any the first.
 *
 * @returns the streams of the lane, at the end of the epoch; to be closed
 * @throws NotCheckable where it cannot be run again, or comes to something else than its record says
 */
export async function rerunWatched(
  commit: CommitRecord,
  watch: Watch,
  replaying: Replaying,
): Promise<Rerun> {
  const { log } = replaying
  const { lane } = commit
  const range = (await log.ranges(lane.topic))?.find(
    ({ partition }) => partition === lane.partition,
  )
  const input = new LogInput(log, lane, range)
  try {
    const chain = new Chain(lane, replaying.store, replaying.clock)
    const base = await baseOf(commit, chain, replaying)
    const problem = input.problemAfter(base) ?? replaying.problemWith(base)
    if (problem !== undefined) throw new NotCheckable(problem)
    const rerun = await runThrough(base, commit, chain, { input, watch, replaying })
    try {
      const { facts, state } = await rerun.cut(commit, input.feed(commit))
      const [difference] = factDifferences(commit, facts)
      if (!difference && state.hash === commit.stateHash) return rerun
      throw new NotCheckable(
        `run again, its epoch comes to another ${difference?.what ?? 'state'} than its record says: pipelines/${replaying.pipeline.name}.ts may have changed since ${commit.at}`,
      )
    } catch (error) {
      rerun.close()
      throw error
    }
  } catch (error) {
    if (error instanceof NotCheckable) throw error
    if (!(error instanceof Error) || isOutage(error)) throw error
    throw new NotCheckable(`run again, its epoch stops: ${messageOf(error)}`)
  } finally {
    await input.restart()
  }
}

/** The newest record before a commit after which the lane can be brought to life. */
async function baseOf(
  commit: CommitRecord,
  chain: Chain,
  replaying: Replaying,
): Promise<CommitRecord> {
  let base = await recordAt(chain, commit.index - 1)
  // rows of open objects are not read by the epoch that is watched
  if (await isRemembered({ ...base, carried: [], open: {} }, replaying)) return base
  let records = 0
  while (!(await isRemembered(base, replaying))) {
    records += base.records
    if (records > MOST_RECORDS || commit.index - base.index > MOST_COMMITS)
      throw new NotCheckable(
        `what the lane remembered then is gone, and to come to it more than ${MOST_RECORDS.toLocaleString('en')} records or ${MOST_COMMITS.toLocaleString('en')} commits had to be run again`,
      )
    base = await recordAt(chain, base.index - 1)
  }
  return base
}

async function recordAt(chain: Chain, index: number): Promise<CommitRecord> {
  const { stored, problem } = await readEntry(chain, index)
  if (stored) return stored.record
  throw new NotCheckable(`record ${index}: ${problem.what}`)
}

interface Running {
  readonly input: LogInput
  readonly watch: Watch
  readonly replaying: Replaying
}

/** Bring the lane to life after a record, and run all again that comes before the commit. Holds a few records. */
async function runThrough(
  base: CommitRecord,
  commit: CommitRecord,
  chain: Chain,
  { input, watch, replaying }: Running,
): Promise<Rerun> {
  const revived = (record: CommitRecord, from?: Rerun): Promise<Rerun> =>
    Rerun.after(record, from?.memory, replaying.rerunOptions(record, watch))
  let rerun = await revived(base)
  try {
    for await (const entry of entriesOf(chain, commit.index - 1, base.index + 1)) {
      const { index, stored, problem } = entry
      if (!stored) throw new NotCheckable(`record ${index}: ${problem.what}`)
      const { record } = stored
      if (record.kind === 'commit') {
        await rerun.settle(await rerun.epoch(record, input.feed(record)))
      } else if (record.kind === 'claim') {
        const next = await revived(record, rerun)
        rerun.close()
        rerun = next
      }
    }
    return rerun
  } catch (error) {
    rerun.close()
    throw error
  }
}
