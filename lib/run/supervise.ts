import type { Clock } from '../clock.ts'
import type { CommitRecord } from '../commit/record.ts'
import { messageOf, SluiceError } from '../errors.ts'

/** Failures in a row, without a commit in between, after which trying again is given up. */
const MOST_FAILURES = 8
const FIRST_WAIT = 500
const LONGEST_WAIT = 30_000

/** What no new attempt mends. */
const FATAL: readonly string[] = ['config', 'corrupt', 'log-range', 'rejected', 'memory']

/** Whether another attempt, in this process or another, would come to the same. */
export const isHopeless = (error: unknown): boolean =>
  error instanceof SluiceError && FATAL.includes(error.code)

export interface Supervised {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Number of the lane's newest record: progress. */
  progress(): number
  /** It is to be run again. */
  failed?(error: unknown): void
  note(text: string): void
}

/**
 * Run a lane until it ends cleanly. Whatever goes wrong, its memory is gone by then and everything is as of its last commit, so the answer is to claim
 * it anew, with back-off; but not for what a person has to mend.
 */
export async function supervise(run: () => Promise<void>, options: Supervised): Promise<void> {
  let failures = 0
  let progress = options.progress()
  for (;;) {
    try {
      return await run()
    } catch (error) {
      if (options.signal.aborted) return
      if (isHopeless(error)) throw error
      failures = options.progress() > progress ? 1 : failures + 1
      progress = options.progress()
      if (failures >= MOST_FAILURES) throw error
      options.failed?.(error)
      const wait = Math.random() * Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** failures)
      options.note(`${messageOf(error)}; claiming it again in ${(wait / 1_000).toFixed(1)} s`)
      await options.clock.sleep(wait, options.signal).catch(() => undefined)
      if (options.signal.aborted) return
    }
  }
}

/** A number that grows with whatever a lane gets done, and not with claims. */
export const progressOf = (record: CommitRecord | undefined): number =>
  Object.values(record?.vector ?? {}).reduce((sum, { index }) => sum + index, record?.to ?? 0)
