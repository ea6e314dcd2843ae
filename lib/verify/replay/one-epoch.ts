import { Chain } from '../../commit/chain.ts'
import type { CommitRecord } from '../../commit/record.ts'
import { SluiceError } from '../../errors.ts'
import { readEntry } from '../chain-entries.ts'
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
    const way = await wayTo(commit, replaying)
    const [base] = way as [CommitRecord]
    const problem = input.problemAfter(base) ?? replaying.problemWith(base)
    if (problem !== undefined) throw new NotCheckable(problem)
    const rerun = await runThrough(way, input, watch, replaying)
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
    if (!(error instanceof SluiceError) || error.code === 'service') throw error
    throw new NotCheckable(error.message)
  } finally {
    await input.restart()
  }
}

/** The records from the one after which the lane is brought to life to the one before the commit. */
async function wayTo(commit: CommitRecord, replaying: Replaying): Promise<CommitRecord[]> {
  const chain = new Chain(commit.lane, replaying.store, replaying.clock)
  const way = [await before(commit, chain)]
  const [last] = way as [CommitRecord]
  // rows of open objects are not read by the epoch that is watched
  if (await isRemembered({ ...last, carried: [] }, replaying)) return way
  let records = 0
  for (let [first] = way; first && !(await isRemembered(first, replaying)); [first] = way) {
    records += first.records
    if (records > MOST_RECORDS || way.length > MOST_COMMITS)
      throw new NotCheckable(
        `what the lane remembered then is gone, and to come to it more than ${MOST_RECORDS.toLocaleString('en')} records or ${MOST_COMMITS.toLocaleString('en')} commits had to be run again`,
      )
    way.unshift(await before(first, chain))
  }
  return way
}

async function before({ index }: CommitRecord, chain: Chain): Promise<CommitRecord> {
  const { stored, problem } = await readEntry(chain, index - 1)
  if (stored) return stored.record
  throw new NotCheckable(`record ${index - 1}: ${problem.what}`)
}

/** Bring the lane to life after the first of these records, and run the others again. */
async function runThrough(
  [base, ...others]: readonly CommitRecord[],
  input: LogInput,
  watch: Watch,
  replaying: Replaying,
): Promise<Rerun> {
  const revived = (record: CommitRecord, from?: Rerun): Promise<Rerun> =>
    Rerun.after(record, from?.memory, replaying.rerunOptions(record, watch))
  let rerun = await revived(base as CommitRecord)
  try {
    for (const record of others) {
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
