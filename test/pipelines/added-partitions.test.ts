import test from 'ava'
import { hours, minutes, seconds } from '../../lib/duration.ts'
import { Process } from '../faults/process.ts'
import { problemsOf } from './audit.ts'
import { contentsOf, differences, linesOf } from './contents.ts'
import { expectedOf } from './expected.ts'
import { inputOf } from './input.ts'
import { MORNING, TOPIC, viewAt } from './views.ts'
import { append, newWorld, recordOf, runToEnd } from './world.ts'

test('a partition that is added while others go on has a say in what is closed by records that came after it was made', async (t) => {
  const world = await newWorld(2)
  const process = new Process(world, { untilEnd: false })
  const at = (minute: number, partition: number) =>
    recordOf(viewAt(MORNING + minutes(minute), `${minute}-${partition}`), partition)
  await append(world, [at(0, 0), at(0, 1), at(20, 0), at(20, 1)])
  await world.clock.advance(seconds(21))

  world.log.addPartitions(TOPIC, 1)
  await append(world, [at(300, 0), at(300, 1), at(30, 2)])
  await world.clock.advance(seconds(19))
  t.deepEqual(linesOf(world.store, 'totals'), [], 'the new lane has not come as far')
  await append(world, [at(300, 2)])
  await world.clock.advance(minutes(1))
  const [total] = linesOf(world.store, 'totals')
  t.like(JSON.parse(total as string) as object, { views: 5 })
  t.deepEqual(linesOf(world.store, 'rejected'), [])
  t.deepEqual(problemsOf(world.store), [])
  process.kill()
})

test('a partition that is added between two runs is read from its beginning', async (t) => {
  const world = await newWorld(2)
  await append(world, inputOf({ seed: 5, records: 100, late: 0 }))
  await runToEnd(world)
  world.log.addPartitions(TOPIC, 1)
  await append(world, [recordOf(viewAt(MORNING + hours(500), 'new'), 2)])
  const summary = await runToEnd(world)
  t.is(summary.records, 1)
  t.deepEqual(problemsOf(world.store), [])
  t.deepEqual(differences(contentsOf(world.store), await expectedOf(world.log)), [])
})

test('a partition that is added while others go on has no say in what they have closed', async (t) => {
  const world = await newWorld(2)
  const first = new Process(world, { untilEnd: false })
  const at = (minute: number, partition: number) =>
    recordOf(viewAt(MORNING + minutes(minute), `${minute}-${partition}`), partition)
  await append(world, [at(0, 0), at(0, 1), at(130, 0), at(130, 1)])
  await world.clock.advance(minutes(1))
  t.is(linesOf(world.store, 'totals').length, 1)

  first.kill()
  world.log.addPartitions(TOPIC, 1)
  await append(world, [at(30, 2), at(129, 2), at(200, 0), at(200, 1)])
  const second = new Process(world, { untilEnd: false })
  await world.clock.advance(seconds(25))
  t.is(linesOf(world.store, 'totals').length, 1, 'the new lane has not come as far')
  t.regex(linesOf(world.store, 'rejected')[0] ?? '', /"partition":2,"offset":0/)
  await append(world, [at(200, 2)])
  await world.clock.advance(minutes(1))
  const [, total] = linesOf(world.store, 'totals')
  t.like(JSON.parse(total as string) as object, { views: 3 })
  t.deepEqual(problemsOf(world.store), [])
  second.kill()
})
