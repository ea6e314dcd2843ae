import test from 'ava'
import pLimit from 'p-limit'
import { isStopped } from '../../../lib/process-start.ts'
import { said, type Started } from '../../integration/commands.ts'
import { until } from '../../integration/kafka-reading.ts'
import { isLong, PATIENCE } from '../../support/length.ts'
import { type Hurt, Trial } from '../trial/trial.ts'

/** Where a process falls asleep. */
const WHERE: readonly string[] = [
  'claim.pre@1',
  'part.sent@2',
  'bundle.post@3',
  'commit.pre@4',
  'commit.post@3',
  'publish.sent@5',
  'produce.mid@3',
  'merge-commit.pre@1',
]

const MORE: readonly string[] = [
  'newest.post@1',
  'claim.sent@2',
  'commit.sent@3',
  'publish.pre@3',
  'produce.pre@2',
  'merge-commit.post@1',
  'newest.pre@2',
  'claim.pre@2',
  'claim.post@1',
  'restore.pre@1',
  'barrier.pre@1',
  'barrier.post@7',
  'upload.post@1',
  'part.pre@1',
  'part.post@2',
  'bundle.pre@2',
  'commit.pre@1',
  'commit.post@7',
  'publish.post@7',
  'look.pre@1',
  'produce.post@2',
  'merge-claim.post@1',
  'merge-bundle.post@1',
  'mirror.pre@1',
  'release.pre@1',
  'release.sent@1',
  'leave.pre@1',
]

const RECORDS = 200

/** Processes wait for each other's sessions to run out: so many trials at a time. */
const turns = pLimit(8)

/** Resolves when a process says that it is at a failpoint. @throws Error when it ends before */
export const reached = (process: Started): Promise<void> => said(process, /^failpoint /)

/** Start a process that sleeps at a failpoint until the world has been changed. */
export async function changedAt(
  trial: Trial,
  point: string,
  change: (process: Started) => Promise<unknown> | void,
  hurt: Hurt = {},
  words?: readonly string[],
): Promise<Started> {
  const process = trial.start({ ...hurt, fault: `${point}:stop` }, words)
  await reached(process)
  // it says so first
  await until(() => isStopped(process.child.pid!))
  await change(process)
  process.child.kill('SIGCONT')
  return process
}

/**
 * Declare the tests of a process that is stopped at some step until another has taken over and done all the work.
 *
 * @param services variables that lead to the services, once they run
 * @param losesUploads whether the store may lose uploads, so that nothing goes up in one
 */
export function testZombies(
  where: string,
  services: () => Readonly<Record<string, string>>,
  losesUploads = false,
): void {
  const points = isLong ? [...WHERE, ...MORE] : WHERE
  for (const point of points.filter((each) => !(losesUploads && /^(upload|look)/.test(each))))
    test(`on ${where}, a process stopped at ${point}, and continued when another has done its work, harms nothing`, async (t) => {
      t.timeout(PATIENCE)
      await turns(async () => {
        const trial = await Trial.inTest(t, `stop-${point.replaceAll(/[.@]/g, '-')}`, services())
        await trial.produce(RECORDS)
        // what is read back is what another has left
        if (point.startsWith('restore')) await trial.killAt(t, 'commit.post@3')
        const zombie = trial.start({ fault: `${point}:stop` })
        try {
          await reached(zombie)
          await trial.finish(t)
          zombie.child.kill('SIGCONT')
          t.is(await zombie.over, 0, zombie.output())
          await trial.check(t)
          if (/^(claim\.pre|bundle|commit\.pre|merge-commit\.pre)/.test(point))
            t.regex(zombie.output(), /another owner \(.*\) has claimed this lane with record \d+/)
        } finally {
          zombie.child.kill('SIGKILL')
        }
      })
    })
}
