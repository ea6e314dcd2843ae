import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { type Services, startServices } from '../../../lib/services/index.ts'
import type { Started } from '../../integration/commands.ts'
import { Trial } from '../trial/trial.ts'
import { changedAt } from './zombies.ts'
import { PATIENCE } from '../../support/length.ts'

let services: Services<'kafka' | 'versitygw' | 'minio'>

test.before(async () => {
  services = await startServices(['kafka', 'versitygw', 'minio'], { driver: 'processes' })
})

test.after.always(() => services?.remove())

/** Let a process make files of so many bytes: a write of more fails in the middle, as on a full disk. */
const allow = (pid: number, bytes: number | 'unlimited') =>
  promisify(execFile)('prlimit', [`--pid=${pid}`, `--fsize=${bytes}:unlimited`])

/** A process commits twice, then the disk of somebody is full for as long as it takes to say so. */
async function outlasts(
  t: ExecutionContext,
  trial: Trial,
  disk: { of(process: Started): number; room: number },
  complaint: RegExp,
): Promise<void> {
  t.timeout(PATIENCE)
  await trial.produce(100)
  const fill = (process: Started): Promise<unknown> => allow(disk.of(process), disk.room)
  const process = await changedAt(trial, 'commit.post@2', fill)
  while (!complaint.test(process.output())) {
    if (process.child.exitCode !== null) return t.fail(`it has ended: ${process.output()}`)
    await sleep(50)
  }
  await allow(disk.of(process), 'unlimited')
  t.is(await process.over, 0, process.output())
  await trial.check(t)
}

test('a disk of folders that is full is waited for until it has room again', async (t) => {
  const trial = await Trial.inTest(t, 'full-folders')
  await outlasts(t, trial, { of: ({ child }) => child.pid!, room: 4_096 }, /trying again: .*EFBIG/)
})

for (const store of ['versitygw', 'minio'] as const)
  test(`while ${store} can write no file everything waits, and goes on by itself when it can again`, async (t) => {
    const variables = { ...services.environment, S3_ENDPOINT: services[store].url }
    const trial = await Trial.inTest(t, `full-${store}`, variables)
    const { pid } = services[store].state().process!
    await outlasts(t, trial, { of: () => pid, room: 0 }, /trying again: .*InternalError/)
  })
