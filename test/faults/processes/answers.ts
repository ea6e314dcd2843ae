import test, { type ExecutionContext } from 'ava'
import { hasEnded } from '../../integration/commands.ts'
import { randomFrom } from '../../pipelines/input.ts'
import { type FaultyProxy, faultyProxy, type Treatment } from '../../support/faulty-proxy.ts'
import { isLong, PATIENCE } from '../../support/length.ts'
import { type Operation, operationOf } from '../../support/s3-operation.ts'
import { ENDLESS, type Hurt, Trial } from '../trial/trial.ts'

/** Ten pictures, each of which is completed. */
const RECORDS = 200

/** Decides on requests, and knows what it has done to which. */
interface Hurting {
  readonly treat: FaultyProxy['treat']
  readonly done: Set<string>
}

/**
 * Every other request of each of these kinds, with these treatments in turn, but never the first: a command that cannot reach its store says so
 * and ends.
 */
function everyOther(operations: readonly Operation[], treatments: readonly Treatment[]): Hurting {
  const times = new Map<Operation, number>()
  const done = new Set<string>()
  const treat: FaultyProxy['treat'] = (asked) => {
    const operation = operationOf(asked)
    if (!operations.includes(operation)) return 'pass'
    const time = times.get(operation) ?? 0
    times.set(operation, time + 1)
    if (time % 2 === 0) return 'pass'
    const treatment = treatments[((time - 1) / 2) % treatments.length]!
    done.add(`${operation}: ${treatment}`)
    return treatment
  }
  return { treat, done }
}

/** Of all requests, so many in a hundred. */
function someOf(percent: number, seed: number, treatments: readonly Treatment[]): Hurting {
  const random = randomFrom(seed)
  const done = new Set<string>()
  let times = 0
  const treat: FaultyProxy['treat'] = () => {
    if (times++ === 0 || random() * 100 >= percent) return 'pass'
    const treatment = treatments[Math.floor(random() * treatments.length)]!
    done.add(treatment)
    return treatment
  }
  return { treat, done }
}

/** Operations that suffer together in the short form; in the long form each does alone. */
export type Groups = readonly (readonly Operation[])[]

const GROUPS: Groups = [
  ['record', 'bundle'],
  ['put', 'create', 'part', 'complete'],
  ['list', 'get', 'head'],
  ['delete'],
]

/** What is asked of a store into which objects go up in uploads only. */
const OF_UPLOADS: readonly Operation[] = ['create', 'complete', 'head']

const OF_COMPLETIONS: readonly Treatment[] = [
  'error in answer',
  'error in answer, though done',
  'error and a line break in answer, though done',
  'empty answer',
  'cut answer',
]

const OF_BODIES: readonly (readonly [Treatment[], Operation[]])[] = [
  [
    ['reset', 'damage'],
    ['part', 'put', 'bundle'],
  ],
  [['cut answer'], ['get']],
]

/** Each of them alone in the long form. */
const parts = <T>(all: readonly T[]): T[][] => (isLong ? all.map((one) => [one]) : [[...all]])

/**
 * Declare the tests of a store whose answers are not what happened.
 *
 * @param services variables that lead to the services, once they run
 * @param groups whose answers are lost in the short form; those of all operations unless said otherwise
 * @param percents how many of all requests fail in the short form, of a hundred
 * @param losesUploads whether the store may lose uploads, so that nothing goes up in one
 */
export function testAnswers(
  where: string,
  services: () => Readonly<Record<string, string>>,
  groups: Groups = GROUPS,
  percents: readonly number[] = [10, 50],
  losesUploads = false,
): void {
  let trials = 0

  async function begin(t: ExecutionContext): Promise<{ proxy: FaultyProxy; trial: Trial }> {
    t.timeout(PATIENCE)
    const variables = services()
    const proxy = await faultyProxy(variables['S3_ENDPOINT']!)
    t.teardown(() => proxy.close())
    const trial = await Trial.inTest(t, `answers-${++trials}`, {
      ...variables,
      S3_ENDPOINT: proxy.url,
    })
    await trial.produce(RECORDS)
    return { proxy, trial }
  }

  /** Run a process to the end against a store that is treated so, and look at what there is then. */
  async function survives(t: ExecutionContext, { treat, done }: Hurting, kinds = 1): Promise<void> {
    const { proxy, trial } = await begin(t)
    proxy.treat = treat
    const { over, output } = trial.start()
    t.is(await over, 0, output())
    t.true(done.size >= kinds, `${done.size} of ${kinds}: ${[...done].join()}`)
    proxy.treat = () => 'pass'
    await trial.check(t)
  }

  /** The same for what a process does now and then, however long that takes. */
  async function survivesInTime(
    t: ExecutionContext,
    { treat, done }: Hurting,
    hurt: Hurt,
  ): Promise<void> {
    const { proxy, trial } = await begin(t)
    proxy.treat = treat
    const process = trial.start(hurt, ENDLESS)
    await trial.produceUntil(() => done.size > 0 || hasEnded(process))
    process.child.kill('SIGTERM')
    t.is(await process.over, 143, process.output())
    proxy.treat = () => 'pass'
    await trial.finish(t)
  }

  const asked = GROUPS.flat().filter((each) => !(losesUploads && OF_UPLOADS.includes(each)))
  for (const group of isLong ? parts(asked) : groups)
    test.serial(
      `on ${where}, the answer to every other ${group.join(', ')} is lost, and nothing is lost or doubled`,
      (t) => {
        const hurting = everyOther(group, ['lost answer'])
        return group.includes('delete')
          ? survivesInTime(t, hurting, { patch: 'busy-upkeep' })
          : survives(t, hurting, group.length)
      },
    )

  for (const treatments of losesUploads ? [] : parts(OF_COMPLETIONS))
    test.serial(
      `on ${where}, every other completion has ${treatments.join('; ')}, and nothing is lost or doubled`,
      (t) => survives(t, everyOther(['complete'], treatments), treatments.length),
    )

  for (const [all, operations] of OF_BODIES)
    for (const treatments of parts(all))
      for (const group of parts(operations))
        test.serial(
          `on ${where}, every other ${group.join(', ')} suffers ${treatments.join(', ')}, and no object is truncated or altered`,
          (t) => survives(t, everyOther(group, treatments), group.length * treatments.length),
        )

  for (const percent of isLong ? [1, 10, 50] : percents)
    test.serial(
      `on ${where}, ${percent} % of all requests fail, with 500 or 503, and nothing is lost or doubled`,
      (t) => survives(t, someOf(percent, percent, ['fail', 'slow down'])),
    )
}
