import test from 'ava'
import { chainsOf, problemsOf } from '../pipelines/audit.ts'
import { linesOf } from '../pipelines/contents.ts'
import { COPIES, PRODUCED, producingPipeline, recordsIn } from '../pipelines/produced.ts'
import { withoutRepeats } from '../support/checker/repeats.ts'
import { runToEnd, type Settings, type World } from '../pipelines/world.ts'
import { Process } from './process.ts'
import { manyEpochs, worldOf } from './scene.ts'

/** A topic that a pipeline has produced to while the answers to every third append got lost. */
async function repeatingWorld(): Promise<World> {
  const world = await worldOf()
  for (const topic of PRODUCED) await world.log.create(topic, 2)
  let appends = 0
  const process = new Process(
    world,
    { ...manyEpochs, pipeline: producingPipeline() },
    ({ method }) =>
      method === 'append' && appends++ % 3 === 0 ? { middle: 'fail', after: 'fail' } : undefined,
  )
  await process.over()
  return world
}

/** The pipeline of views, on what another has produced. */
const settings: Settings = { ...manyEpochs, topics: [COPIES] }

function droppedIn({ store }: World): number {
  const records = [...chainsOf(store)].flatMap(([lane, links]) =>
    lane.includes(`/${COPIES}/`) ? links.map(({ record }) => record) : [],
  )
  return records.reduce((sum, { fates }) => sum + (fates['raw']?.dropped['source'] ?? 0), 0)
}

/** What a topic holds for a reader that drops repeats, and how many those are. */
async function readingOf({ log }: World): Promise<{ lines: string[]; repeats: number }> {
  const all = await recordsIn(log, COPIES)
  const fresh = withoutRepeats(all)
  return {
    lines: fresh.map(({ bytes }) => String(bytes)).toSorted(),
    repeats: all.length - fresh.length,
  }
}

test.serial('a source drops what was produced more than once, exactly, over kills', async (t) => {
  const world = await repeatingWorld()
  const { lines, repeats } = await readingOf(world)
  t.true(repeats > 5, `${repeats}`)
  const calm = new Process(world, settings)
  t.is(await calm.over(), 'ended')
  t.like(await calm.summary, { records: lines.length + repeats, dropped: { source: repeats } })

  for (let fatal = 1; fatal <= calm.calls; fatal += 5) {
    const anew = await repeatingWorld()
    const expected = await readingOf(anew)
    await new Process(anew, settings, ({ number }) =>
      number === fatal ? 'killed after it is carried out' : undefined,
    ).over()
    await runToEnd(anew, settings)
    const where = `killed at request ${fatal} of ${calm.calls}`
    t.deepEqual(linesOf(anew.store, 'raw').toSorted(), expected.lines, where)
    t.deepEqual(problemsOf(anew.store), [], where)
    t.is(droppedIn(anew), expected.repeats, where)
  }
})
