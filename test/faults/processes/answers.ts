import test, { type ExecutionContext } from 'ava'
import { type FaultyProxy, faultyProxy, type Treatment } from '../../support/faulty-proxy.ts'
import { type Operation, operationOf } from '../../support/s3-operation.ts'
import { randomFrom } from '../../pipelines/input.ts'
import { hasEnded } from '../../integration/commands.ts'
import { ENDLESS, type Hurt, Trial } from '../trial/trial.ts'
import { isLong } from './kills.ts'

const RECORDS = 100

/** Every other request of this kind, but not the first: a command that cannot reach its store says so and ends. */
const everyOther = (operation: Operation, treatment: Treatment): FaultyProxy['treat'] => {
  let times = 0
  return (asked) => (operationOf(asked) === operation && times++ % 2 === 1 ? treatment : 'pass')
}

/** Of all requests, so many in a hundred. */
function someOf(
  percent: number,
  seed: number,
  treatments: readonly Treatment[],
): FaultyProxy['treat'] {
  const random = randomFrom(seed)
  let times = 0
  return () => {
    if (times++ === 0 || random() * 100 >= percent) return 'pass'
    return treatments[Math.floor(random() * treatments.length)]!
  }
}

const isHurt = ({ given }: FaultyProxy): boolean =>
  [...given.keys()].some((treatment) => treatment !== 'pass')

const OPERATIONS: readonly Operation[] = [
  'record',
  'bundle',
  'put',
  'create',
  'part',
  'complete',
  'list',
  'get',
  'head',
  'delete',
]

const PERCENTS: readonly number[] = [1, 10, 50]

const OF_COMPLETIONS: readonly Treatment[] = [
  'error in answer',
  'error in answer, though done',
  'error and a line break in answer, though done',
  'empty answer',
  'cut answer',
]

const OF_BODIES: readonly (readonly [Treatment, Operation])[] = [
  ['reset', 'part'],
  ['reset', 'bundle'],
  ['damage', 'part'],
  ['damage', 'put'],
  ['damage', 'bundle'],
  ['cut answer', 'get'],
]

/**
 * Declare the tests of a store whose answers are not what happened.
 *
 * @param services variables that lead to the services, once they run
 * @param operations which of them suffer in the short form; all unless said otherwise
 * @param percents how many of all requests fail in the short form, of a hundred
 */
export function testAnswers(
  where: string,
  services: () => Readonly<Record<string, string>>,
  operations: readonly Operation[] = OPERATIONS,
  percents: readonly number[] = PERCENTS,
): void {
  let trials = 0

  async function begin(t: ExecutionContext): Promise<{ proxy: FaultyProxy; trial: Trial }> {
    t.timeout(240_000)
    const variables = services()
    const proxy = await faultyProxy(variables['S3_ENDPOINT']!)
    t.teardown(() => proxy.close())
    const trial = await Trial.begin(`answers-${++trials}`, { ...variables, S3_ENDPOINT: proxy.url })
    t.teardown(() => trial.remove())
    await trial.produce(RECORDS)
    return { proxy, trial }
  }

  /** Run a process to the end against a store that is treated so, and look at what there is then. */
  async function survives(t: ExecutionContext, treat: FaultyProxy['treat']): Promise<void> {
    const { proxy, trial } = await begin(t)
    proxy.treat = treat
    const { over, output } = trial.start()
    t.is(await over, 0, output())
    t.true(isHurt(proxy), 'nothing was done to it')
    proxy.treat = () => 'pass'
    await trial.check(t)
  }

  /** The same for what a process does now and then, however long that takes. */
  async function survivesInTime(
    t: ExecutionContext,
    treat: FaultyProxy['treat'],
    hurt: Hurt,
  ): Promise<void> {
    const { proxy, trial } = await begin(t)
    proxy.treat = treat
    const process = trial.start(hurt, ENDLESS)
    await trial.produceUntil(() => isHurt(proxy) || hasEnded(process))
    process.child.kill('SIGTERM')
    t.is(await process.over, 143, process.output())
    proxy.treat = () => 'pass'
    await trial.finish(t)
  }

  for (const operation of OPERATIONS.filter((each) => isLong || operations.includes(each)))
    test.serial(
      `on ${where}, the answer to every other ${operation} is lost, and nothing is lost or doubled`,
      (t) => {
        const treat = everyOther(operation, 'lost answer')
        return operation === 'delete'
          ? survivesInTime(t, treat, { patch: 'busy-upkeep' })
          : survives(t, treat)
      },
    )

  for (const treatment of OF_COMPLETIONS)
    test.serial(
      `on ${where}, every other completion has ${treatment}, and nothing is lost or doubled`,
      (t) => survives(t, everyOther('complete', treatment)),
    )

  for (const [treatment, operation] of OF_BODIES.filter(
    ([, each]) => isLong || operations.includes(each),
  ))
    test.serial(
      `on ${where}, every other ${operation} suffers ${treatment}, and no object is truncated or altered`,
      (t) => survives(t, everyOther(operation, treatment)),
    )

  for (const percent of isLong ? PERCENTS : percents)
    test.serial(
      `on ${where}, ${percent} % of all requests fail, with 500 or 503, and nothing is lost or doubled`,
      (t) => survives(t, someOf(percent, percent, ['fail', 'slow down'])),
    )
}
