import test, { type ExecutionContext } from 'ava'
import { isLong, PATIENCE } from '../../support/length.ts'
import { Trial } from '../trial/trial.ts'

/**
 * Where a process is killed: a point, its moments, and which times it comes there. A run to the end comes to all of them as often, however fast the machine is,
 * but for those in `IN_TIME`.
 */
const WHERE: readonly (readonly [point: string, moments: readonly string[], times: number[]])[] = [
  ['right', ['pre', 'sent', 'post'], [1, 2]],
  ['newest', ['pre', 'post'], [1, 2]],
  ['claim', ['pre', 'sent', 'post'], [1, 2]],
  ['barrier', ['pre', 'post'], [1, 2, 7]],
  ['upload', ['pre', 'sent', 'post'], [1, 2]],
  ['part', ['pre', 'sent', 'post'], [1, 2]],
  ['bundle', ['pre', 'sent', 'post'], [1, 2, 7]],
  ['commit', ['pre', 'sent', 'post'], [1, 2, 7]],
  ['publish', ['pre', 'sent', 'post'], [1, 2, 7]],
  ['look', ['pre', 'post'], [1, 2]],
  ['produce', ['pre', 'sent', 'mid', 'post'], [1, 2, 7]],
  ['merge-claim', ['pre', 'sent', 'post'], [1, 2]],
  ['merge-bundle', ['pre', 'sent', 'post'], [1, 2, 3]],
  ['merge-commit', ['pre', 'sent', 'post'], [1, 2, 3]],
  ['mirror', ['post', 'pre'], [1]],
  ['release', ['sent', 'pre', 'post'], [1]],
  ['merge-release', ['sent', 'pre', 'post'], [1]],
  ['leave', ['sent', 'pre'], [1]],
  ['collect', ['pre', 'mid', 'post'], [1, 2]],
]

/**
 * Where a process comes in time, and how often by the end depends on the machine: merging lanes may take all commits of the others at once, and upkeep goes by
 * the clock.
 */
const IN_TIME: ReadonlySet<string> = new Set(['merge-bundle', 'merge-commit', 'collect'])

/** What comes to pass where objects go up in uploads only. */
const OF_UPLOADS: readonly string[] = ['upload', 'look']

/** Records of each partition: ten epochs. */
const RECORDS = 200

/**
 * Sequences of kills at one point: in the short form one, each moment at another time, or the first alone where a run comes there once; in the long form one for each moment, at all times.
 */
function sequencesOf(
  point: string,
  moments: readonly string[],
  times: readonly number[],
): string[][] {
  const each = (moment: string): string[] => times.map((time) => `${point}.${moment}@${time}`)
  if (isLong) return moments.map(each)
  const length = times.length === 1 ? 1 : Math.max(moments.length, times.length)
  return [
    Array.from(
      { length },
      (_, n) => `${point}.${moments[n % moments.length]}@${times[n % times.length]}`,
    ),
  ]
}

/** Part of a name. */
const of = (name: string): string => name.replaceAll(/[.@]/g, '-')

/**
 * Declare the tests of a process that is killed at every step of the protocol.
 *
 * @param services variables that lead to the services, once they run
 * @param points where, in the short form; everywhere unless said otherwise
 * @param losesUploads whether the store may lose uploads, so that nothing goes up in one
 */
export function testKills(
  where: string,
  services: () => Readonly<Record<string, string>>,
  points: readonly string[] = WHERE.map(([point]) => point),
  losesUploads = false,
): void {
  const mine = WHERE.filter(
    ([point]) =>
      (isLong || points.includes(point)) && !(losesUploads && OF_UPLOADS.includes(point)),
  )
  for (const [point, moments, times] of mine)
    for (const sequence of sequencesOf(point, moments, times))
      test.serial(
        `on ${where}, a process killed at ${sequence.join(', then ')} loses and doubles nothing`,
        async (t) => {
          t.timeout(PATIENCE)
          const trial = await Trial.inTest(t, of(sequence[0]!), services())
          await trial.produce(RECORDS)
          for (const fault of sequence) await kill(t, trial, fault)
          await trial.finish(t)
        },
      )
}

function kill(t: ExecutionContext, trial: Trial, fault: string): Promise<void> {
  const [point = ''] = fault.split('.')
  if (!IN_TIME.has(point)) return trial.killAt(t, fault)
  return trial.killInTimeAt(t, fault, point === 'collect' ? { patch: 'busy-upkeep' } : {})
}

/** Kills of processes that come one after the other, each while the one before it is being put right. */
const RECOVERIES: readonly (readonly [title: string, sequence: readonly string[]])[] = [
  ['twice in a row while it recovers', ['commit.post@3', 'publish.pre@1', 'publish.sent@1']],
  [
    'three times in a row while it recovers',
    ['publish.sent@2', 'newest.post@1', 'claim.sent@1', 'restore.post@1'],
  ],
  [
    'before it has read its state back, again and again',
    ['merge-commit.post@2', 'restore.pre@1', 'merge-restore.pre@1', 'restore.pre@2'],
  ],
]

/**
 * Declare the tests of a process that is killed again while it recovers, and of one that recovers by itself.
 *
 * @param services variables that lead to the services, once they run
 * @param first where, in the short form, a process is killed first; everywhere unless said otherwise
 * @param losesUploads as of `testKills`
 */
export function testRecovery(
  where: string,
  services: () => Readonly<Record<string, string>>,
  first: readonly string[] = RECOVERIES.map(([, [point = '']]) => point),
  losesUploads = false,
): void {
  for (const [title, sequence] of RECOVERIES.filter(
    ([, [point = '']]) => isLong || first.includes(point),
  ))
    test.serial(`on ${where}, a process killed ${title} loses and doubles nothing`, async (t) => {
      t.timeout(PATIENCE)
      const trial = await Trial.inTest(t, `recovery-${of(sequence.join('-'))}`, services())
      await trial.produce(RECORDS)
      for (const fault of sequence) await kill(t, trial, fault)
      await trial.finish(t)
    })
  test.serial(
    `on ${where}, a process in which something is thrown at every step goes on by itself`,
    async (t) => {
      t.timeout(PATIENCE)
      const trial = await Trial.inTest(t, 'thrown', services())
      await trial.produce(RECORDS)
      const steps = [
        'claim.sent@1',
        'barrier.pre@2',
        ...(losesUploads ? [] : ['upload.post@2']),
        'part.sent@3',
        'bundle.post@4',
      ]
      const later = ['commit.pre@5', 'commit.post@7', 'publish.sent@9', 'merge-commit.sent@2']
      const all = [...steps, ...later]
      const { over, output } = trial.start({ fault: all.map((step) => `${step}:throw`).join() })
      t.is(await over, 0, output())
      for (const step of all) t.true(output().includes(`failpoint ${step}\n`), step)
      // what is thrown while its lane is being claimed again anyway is not told apart
      t.true(output().match(/claiming it again/g)!.length > all.length / 2, output())
      await trial.check(t)
    },
  )
}
