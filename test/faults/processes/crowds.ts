import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { said, type Started } from '../../integration/commands.ts'
import type { Service } from '../../../lib/services/service.ts'
import { ENDLESS, Trial } from '../trial/trial.ts'
import { isLong, PATIENCE } from '../../support/length.ts'
import { reached } from './zombies.ts'

const RECORDS = 200

/**
 * Declare the tests of several processes that come and go, and of one that is told to go.
 *
 * @param services variables that lead to the services, once they run
 * @param store the store among them
 */
export function testCrowds(
  where: string,
  services: () => Readonly<Record<string, string>>,
  store: () => Service,
): void {
  async function begin(t: ExecutionContext, name: string): Promise<Trial> {
    t.timeout(PATIENCE)
    const trial = await Trial.inTest(t, name, services())
    await trial.produce(RECORDS)
    return trial
  }

  /** Run so many to the end of the topic. */
  async function together(t: ExecutionContext, trial: Trial, processes: number): Promise<void> {
    const all = Array.from({ length: processes }, () => trial.start())
    for (const { over, output } of all) t.is(await over, 0, output())
    await trial.check(t)
  }

  test.serial(
    `on ${where}, all processes are killed at once and others come, more or fewer, and nothing is lost or doubled`,
    async (t) => {
      const trial = await begin(t, 'all-at-once')
      const fault = 'commit.post@3:delay=60000,merge-commit.post@2:delay=60000'
      for (const processes of [2, 1, 3]) {
        // so that none of them finds everything done
        await trial.produce(RECORDS / 2)
        const all = Array.from({ length: processes }, () => trial.start({ fault }, ENDLESS))
        await Promise.race(all.map(reached))
        await sleep(300)
        for (const { child } of all) child.kill('SIGKILL')
        await Promise.all(all.map(({ over }) => over))
      }
      await together(t, trial, 2)
    },
  )

  test.serial(
    `on ${where}, processes join and leave all the time, and nothing is lost or doubled`,
    async (t) => {
      const trial = await begin(t, 'storm')
      const there: Started[] = []
      const leave = async ({ child, over, output }: Started): Promise<void> => {
        child.kill('SIGTERM')
        t.is(await over, 143, output())
      }
      const gone: Promise<void>[] = []
      for (let round = 0; round < (isLong ? 40 : 5); round++) {
        const next = trial.start(
          { fault: 'claim.post@1:delay=100,commit.pre@2:delay=300' },
          ENDLESS,
        )
        there.push(next)
        // it listens to signals by then, and there may be no lane for it
        const waits = said(next, /^reading /).then(() => sleep(3_000))
        await Promise.race([reached(next), waits])
        if (there.length > 2) gone.push(leave(there.shift()!))
      }
      gone.push(...there.map(leave))
      await Promise.all(gone)
      await together(t, trial, 2)
    },
  )

  test.serial(
    `on ${where}, a process that is told to stop under load commits what it has read, and told twice it stops at once`,
    async (t) => {
      for (const times of [1, 2]) {
        const trial = await begin(t, `told-${times}`)
        const wait = times === 1 ? 1_500 : 60_000
        const process = trial.start({ fault: `commit.pre@3:delay=${wait}` }, ENDLESS)
        await reached(process)
        process.child.kill('SIGTERM')
        if (times === 2) {
          await said(process, /finishing what is under way/)
          // signals that come close together are one
          await sleep(700)
          process.child.kill('SIGTERM')
        }
        t.is(await process.over, 143, process.output())
        if (times === 2) t.regex(process.output(), /again: what is not committed is read again/)
        await trial.finish(t)
      }
    },
  )

  test.serial(
    `on ${where}, a process that is told to stop while its store is away gives up in time, and nothing is lost`,
    async (t) => {
      const trial = await begin(t, 'told-in-outage')
      const process = trial.start({ fault: 'commit.pre@3:delay=5000' }, ENDLESS)
      await reached(process)
      await store().pause()
      process.child.kill('SIGTERM')
      t.is(await process.over, 1, process.output())
      t.regex(process.output(), /not finished after 20 s/)
      await store().resume()
      await trial.finish(t)
    },
  )
}
