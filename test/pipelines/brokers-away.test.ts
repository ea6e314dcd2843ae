import test from 'ava'
import { hours, minutes, seconds } from '../../lib/duration.ts'
import { SluiceError } from '../../lib/errors.ts'
import type { Log } from '../../lib/ports.ts'
import { runPipeline } from '../../lib/run/run.ts'
import { problemsOf } from './audit.ts'
import { linesOf } from './contents.ts'
import { MORNING, TOPIC } from './views.ts'
import { append, newWorld, recordOf, settings, type World } from './world.ts'

const AWAY = new SluiceError('service', 'no broker leads partition 1 at present')

/** So many views of a partition, a second apart. */
const views = (partition: number, count: number, from = 0) =>
  Array.from({ length: count }, (_, n) => {
    const at = MORNING + seconds(from + n)
    const what = { user: 'user', page: 'page', country: null, seconds: 1 }
    return recordOf({ id: `${partition}-${from + n}`, at, ...what }, partition)
  })

/** A run without end on this log, and what it says. */
function runOn(world: World, log: Partial<Log>) {
  const stop = new AbortController()
  const retried = new Set<string>()
  const failures: unknown[] = []
  const summary = runPipeline({
    ...settings(world, { untilEnd: false, signal: stop.signal, log: { ...world.log, ...log } }),
    events: {
      retrying: ({ partition }, reason) => void retried.add(`${partition}: ${reason}`),
      failed: (_, error) => void failures.push(error),
    },
  })
  const end = async (): Promise<void> => {
    stop.abort()
    await world.clock.run(summary, seconds(5))
  }
  return { retried, failures, end }
}

/** A log of which nobody leads partition 1 for a while. */
function withoutLeader(world: World): { ranges: Log['ranges']; back: () => void } {
  let isAway = true
  return {
    ranges: (topic, partitions = [0, 1]) =>
      isAway && partitions.includes(1) ? Promise.reject(AWAY) : world.log.ranges(topic),
    back: () => void (isAway = false),
  }
}

test('a lane whose partition nobody leads waits, and says so, while the others go on', async (t) => {
  const world = await newWorld(2)
  await append(world, [...views(0, 10), ...views(1, 10)])
  const { ranges, back } = withoutLeader(world)
  const { retried, failures, end } = runOn(world, { ranges })
  await world.clock.advance(hours(1))
  t.is(linesOf(world.store, 'raw').length, 10)
  back()
  await world.clock.advance(minutes(1))
  t.is(linesOf(world.store, 'raw').length, 20)
  t.deepEqual([...retried], [`1: ${AWAY.message}`])
  t.deepEqual(failures, [])
  await end()
  t.deepEqual(problemsOf(world.store), [])
})

test('a lane that waits for a leader of its partition ends as soon as it is told to', async (t) => {
  const world = await newWorld(2)
  await append(world, [...views(0, 10), ...views(1, 10)])
  const { failures, end } = runOn(world, { ranges: withoutLeader(world).ranges })
  await world.clock.advance(minutes(10))
  await t.notThrowsAsync(end())
  t.is(linesOf(world.store, 'raw').length, 10)
  t.deepEqual(failures, [])
})

test('what a lane cannot read for a while is told', async (t) => {
  const world = await newWorld(1)
  const { retried, end } = runOn(world, {
    join: (options) => {
      options.listener.retrying?.({ topic: TOPIC, partition: 0 }, 'away')
      return world.log.join(options)
    },
  })
  await world.clock.advance(seconds(1))
  t.deepEqual([...retried], ['0: away'])
  await end()
})

test('a lane is idle in its turn while its group does not answer, and takes over the time of the others when it does', async (t) => {
  const world = await newWorld(2)
  await append(world, [...views(0, 10), ...views(1, 1)])
  let isAway = true
  const { failures, end } = runOn(world, {
    join: async (options) => {
      const group = await world.log.join(options)
      return {
        ...group,
        readMirror: () => (isAway ? Promise.reject(AWAY) : group.readMirror()),
      }
    },
  })
  await world.clock.advance(minutes(10))
  const goOn = async (from: number): Promise<void> => {
    await append(world, views(0, 10, from))
    await world.clock.advance(minutes(2))
  }
  await goOn(hours(2) / 1_000)
  t.deepEqual(linesOf(world.store, 'totals'), [])
  isAway = false
  await goOn(hours(4) / 1_000)
  t.true(linesOf(world.store, 'totals').length > 0)
  t.deepEqual(failures, [])
  await end()
  t.deepEqual(problemsOf(world.store), [])
})
