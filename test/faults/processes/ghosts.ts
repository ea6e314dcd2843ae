import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { groupViews } from '../../support/group-view.ts'
import { Trial } from '../trial/trial.ts'
import { reached } from './zombies.ts'
import { PATIENCE } from '../../support/length.ts'

const RECORDS = 200

/** Sessions outlast the test: who waits for one to run out never gets anything done. */
const patch = 'long-session'

/**
 * Declare the tests of members of a group that are dead, and of one that only seems to be.
 *
 * @param services variables that lead to the services, once they run
 */
export function testGhosts(where: string, services: () => Readonly<Record<string, string>>): void {
  async function begin(t: ExecutionContext, name: string) {
    t.timeout(PATIENCE)
    const trial = await Trial.inTest(t, name, services())
    await trial.produce(RECORDS)
    const { KAFKA_BROKERS = '' } = services()
    const view = await groupViews(t, KAFKA_BROKERS)
    return { trial, group: () => view(name) }
  }

  test(`on ${where}, whoever comes after a kill has the lanes while the dead one's session still runs, and commits`, async (t) => {
    const { trial, group } = await begin(t, 'ghosts')
    for (let kills = 0; kills < 3; kills++) {
      const killed = trial.start({ fault: 'commit.post@2:kill', patch }, [])
      await killed.over
      t.is(killed.child.signalCode, 'SIGKILL', killed.output())
      const { members } = await group()
      t.is(members.length, 1, 'its session is over')
    }
    const { over, output } = trial.start({ patch })
    t.is(await over, 0, output())
    t.deepEqual((await group()).members, [])
    await trial.check(t)
  })

  test(`on ${where}, a process that is stopped and lives stays in its group when another one starts`, async (t) => {
    const { trial, group } = await begin(t, 'no-ghost')
    const stopped = trial.start({ fault: 'commit.post@2:stop', patch })
    t.teardown(() => stopped.child.kill('SIGKILL'))
    await reached(stopped)
    const before = (await group()).members
    t.is(before.length, 1)
    const other = trial.start({ patch })
    t.teardown(() => other.child.kill('SIGKILL'))
    while ((await group()).members.length < 2) {
      t.is(other.child.exitCode, null, other.output())
      await sleep(100)
    }
    // by then it has looked for ghosts
    await sleep(1_500)
    t.true((await group()).members.includes(before[0]!))
    stopped.child.kill('SIGCONT')
    for (const { over, output } of [stopped, other]) t.is(await over, 0, output())
    await trial.check(t)
  })
}
