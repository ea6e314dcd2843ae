import test, { type ExecutionContext } from 'ava'
import { said } from '../../integration/commands.ts'
import { type Services, startServices } from '../../../lib/services/index.ts'
import { Storm } from '../trial/storm.ts'
import { Trial } from '../trial/trial.ts'
import { isLong, PATIENCE } from '../../support/length.ts'

let services: Services<'kafka' | 'versitygw'>

test.before(async () => {
  services = await startServices(['kafka', 'versitygw'])
})

test.after.always(() => services?.remove())

async function begin(t: ExecutionContext, name: string, partitions = 2): Promise<Trial> {
  t.timeout(PATIENCE)
  const trial = await Trial.inTest(t, name, services.environment, partitions)
  return trial
}

for (const point of ['barrier.post', 'commit.pre', 'commit.post', 'merge-commit.pre'])
  test(`a process that joins while the lanes of another are at ${point} gets its share, and nothing is lost or doubled`, async (t) => {
    const trial = await begin(t, `joins-at-${point.replace('.', '-')}`)
    await trial.produce(200)
    const first = trial.start({ fault: `${point}@3:wait,${point}@4:wait` })
    await said(first, /^failpoint /, 2)
    const second = trial.start({ fault: 'claim.post@1:delay=1' })
    await said(second, /^failpoint /)
    first.child.kill('SIGUSR2')
    for (const { over, output } of [first, second]) t.is(await over, 0, output())
    await trial.check(t)
  })

/** Steps of a storm, and the most processes that are there at a time. */
const [STEPS, MOST, PARTITIONS] = isLong ? [Infinity, 10, 16] : [7, 3, 4]
const LASTS = 300_000

test('processes come, leave, die and sleep at random while records come, and nothing is lost or doubled', async (t) => {
  const trial = await begin(t, 'storm', PARTITIONS)
  await trial.produce(50)
  const storm = new Storm(t, trial, isLong ? Date.now() : 5)
  const end = Date.now() + LASTS
  for (let step = 0; step < STEPS && Date.now() < end; step++) {
    await storm.come()
    storm.hit()
    if (storm.size > MOST) storm.leave()
  }
  await storm.end()
  const last = [trial.start(), trial.start()]
  for (const { over, output } of last) t.is(await over, 0, output())
  await trial.check(t)
})
