import test from 'ava'
import { examine } from '../../lib/doctor/doctor.ts'
import type { Diagnosis } from '../../lib/doctor/doctor.ts'
import { days, hours } from '../../lib/duration.ts'
import { everything } from '../../lib/testing.ts'
import { runToEnd, type World } from '../pipelines/world.ts'
import { early, isStep, RECORDS, settings, worldOf, wrongIn } from './pictures.ts'
import { type Fate, Process } from './process.ts'
import { isLong } from '../support/length.ts'

const pass = ({ clock }: World, time: number): Promise<void> => clock.advance(time)

const look = (world: World, remove = false): Promise<Diagnosis> =>
  world.clock.run(examine({ pipeline: 'pictures', olderThan: hours(1), remove, ...world }))

/** A process with something that happens at the nth step of its uploads. */
function hurt(world: World, nth: number, fate: Fate): Process {
  let steps = 0
  return new Process(world, settings, (call) =>
    isStep(call) && ++steps === nth ? fate : undefined,
  )
}

/** Steps of one run, and how many are left out in between. */
const LAST = 60
const [KILLS, RIVALS] = isLong ? [1, 1] : [7, 7]

test.serial(
  'uploads of a process that was killed are found and removed, and no other',
  async (t) => {
    let found = 0
    for (let fatal = 1; fatal < LAST; fatal += KILLS) {
      const world = await worldOf()
      const fate = await hurt(world, fatal, 'killed after it is carried out').over()
      await pass(world, days(2))
      if (fate === 'killed') await look(world, true)
      await pass(world, days(2))
      await runToEnd(world, settings)
      t.deepEqual(wrongIn(world), [], `killed at step ${fatal}`)
      const open = world.store.openUploads
      await pass(world, days(2))
      const orphaned = ({ findings }: Diagnosis) =>
        findings.filter(({ kind }) => kind === 'orphaned upload')
      t.is(orphaned(await look(world)).length, open, `killed at step ${fatal}`)
      found += open
      t.true(orphaned(await look(world, true)).every(({ removed }) => removed))
      t.is(world.store.openUploads, 0, `killed at step ${fatal}`)
      t.deepEqual(wrongIn(world), [])
      t.deepEqual((await look(world)).findings, [])
    }
    t.true(found > 1, `${found} uploads were left`)
  },
)

for (const [title, moment, uploads] of [
  ['before it is carried out', 'before it is carried out', settings],
  ['after it is carried out', 'after it is carried out', settings],
  ['of objects that leave within their epoch', 'before it is carried out', early],
] as const)
  test.serial(
    `a process that sleeps for half a day at every step of its uploads, ${title}, finds all that it needs`,
    async (t) => {
      const world = await worldOf({ batchRecords: RECORDS }, 1)
      let asleep = Promise.withResolvers<'asleep'>()
      let isAsleep = false
      const process = new Process(world, uploads, (call) => {
        if (isAsleep || !isStep(call)) return undefined
        isAsleep = true
        asleep.resolve('asleep')
        return `stopped ${moment}`
      })
      const ended = process.summary.then(() => 'ended' as const)
      let sleeps = 0
      while ((await world.clock.run(Promise.race([asleep.promise, ended]))) === 'asleep') {
        sleeps++
        asleep = Promise.withResolvers()
        await pass(world, hours(12))
        await look(world, true)
        isAsleep = false
        process.continue()
      }
      t.true(sleeps > RECORDS, `${sleeps} sleeps`)
      t.deepEqual(wrongIn(world), [])
    },
  )

test.serial(
  'what is removed while owners take lanes from each other is missed by none of them',
  async (t) => {
    for (let nth = 1; nth < LAST; nth += RIVALS) {
      const world = await worldOf({ assignment: everything })
      const first = hurt(world, nth, 'stopped after it is carried out')
      if ((await first.over()) === 'ended') break
      const second = hurt(world, nth, 'stopped after it is carried out')
      await second.over()
      for (const asleep of [first, second]) {
        await pass(world, days(2))
        await look(world, true)
        asleep.continue()
        await world.clock.run(asleep.summary.catch(() => undefined))
      }
      await runToEnd(world, settings)
      await pass(world, days(2))
      await look(world, true)
      t.deepEqual(wrongIn(world), [], `asleep at step ${nth}`)
      t.is(world.store.openUploads, 0)
    }
  },
)
