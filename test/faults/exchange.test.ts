import test, { type ExecutionContext } from 'ava'
import { hours, minutes, seconds } from '../../lib/duration.ts'
import type { NewRecord } from '../../lib/ports.ts'
import { chainsOf } from '../pipelines/audit.ts'
import { contentsOf, linesOf } from '../pipelines/contents.ts'
import { TOPIC } from '../pipelines/views.ts'
import { append, newWorld, recordOf, runToEnd, type World } from '../pipelines/world.ts'
import { type Fate, Process } from './process.ts'
import { wrongIn } from './scene.ts'
import { isLong, PATIENCE } from '../support/length.ts'

const START = Date.parse('2023-12-01T00:00:00Z')

/** Each is an hour of event time; then all of them are read to their ends. */
const ROUNDS = 9

/** How far behind the others a slow partition is, in rounds. */
const BEHIND = 3

/** When there is another partition. */
const GROWS = 3

/** Longer than it takes a lane to be idle in three of them, and shorter than in one. */
const ROUND = seconds(12)

/**
 * What comes in a round of a partition: of every four the first one has records in each, the second one is idle for a while, the third one is far behind,
 * the fourth one is empty.
 */
function inputOf(round: number, partition: number, isNew: boolean): NewRecord[] {
  const kind = isNew ? 0 : partition % 4
  if (kind === 3 || (kind === 1 && round >= 2 && round < 6)) return []
  const hour = kind === 2 ? Math.max(0, round - BEHIND) : round
  return Array.from({ length: 8 }, (_, n) => {
    // of every eight the last one repeats the one before
    const id = `${partition}-${round}-${Math.min(n, 6)}`
    const at = START + hours(hour) + minutes(Math.min(n, 6) * 8)
    const view = {
      id,
      at,
      user: `user_${n}`,
      page: `page_${n % 3}`,
      country: n % 4 === 0 ? null : `country_${n % 2}`,
      seconds: (partition * 37 + round * 11 + n) / 10,
    }
    return recordOf(view, partition)
  })
}

/** Two processes of an endless run; what is killed is replaced, what is stopped goes on two rounds later. */
class Play {
  readonly world: World
  readonly #stop = new AbortController()
  readonly #processes: Process[] = []

  constructor(world: World) {
    this.world = world
  }

  start(fate?: (number: number) => Fate): Process {
    const settings = { untilEnd: false, signal: this.#stop.signal, commitEvery: seconds(2) }
    const process = new Process(this.world, settings, ({ number }) => fate?.(number))
    this.#processes.push(process)
    void process.death.then(() => this.start())
    return process
  }

  /** All rounds, one after the other. */
  async rounds(partitions: number): Promise<void> {
    for (let round = 0; round < ROUNDS; round++) {
      if (round === GROWS) this.world.log.addPartitions(TOPIC, 1)
      const count = round < GROWS ? partitions : partitions + 1
      const records = Array.from({ length: count }, (_, partition) =>
        inputOf(round, partition, partition === partitions),
      )
      await append(this.world, records.flat())
      await this.world.clock.advance(ROUND)
      if (round % 2 === 1) this.continue()
    }
  }

  continue(): void {
    for (const process of this.#processes) process.continue()
  }

  async end(): Promise<void> {
    this.continue()
    this.#stop.abort()
    const ends = this.#processes.map(({ summary, death }) => Promise.race([summary, death]))
    await this.world.clock.run(Promise.all(ends))
    await runToEnd(this.world)
  }
}

interface Played {
  readonly world: World
  /** Requests that the first process made. */
  readonly calls: number
  /** Totals that there were before the end. */
  readonly early: readonly string[]
}

async function play(partitions: number, fate?: (number: number) => Fate): Promise<Played> {
  const world = await newWorld(partitions, { batchRecords: 5 })
  const play = new Play(world)
  const first = play.start(fate)
  play.start()
  await play.rounds(partitions)
  const early = linesOf(world.store, 'totals')
  const { calls } = first
  await play.end()
  return { world, calls, early }
}

/** The totals of an undisturbed run, to the last digit, each once; and everything else that was promised. */
async function isAs(
  t: ExecutionContext,
  undisturbed: Played,
  { world }: Played,
  what: string,
): Promise<void> {
  t.deepEqual(contentsOf(world.store).totals, contentsOf(undisturbed.world.store).totals, what)
  t.deepEqual(await wrongIn(world), [], what)
}

/** Whether an idle lane has gone on with the time of the others. */
const hasAdopted = ({ world }: Played): boolean =>
  [...chainsOf(world.store).values()]
    .flat()
    .some(({ record }) => record.recorded.adopted !== undefined)

/** How many moments of a process's life are tried, by the number of partitions. */
const MOMENTS = new Map([
  [1, 6],
  [4, 5],
  [16, 2],
])

/** So many times as many in the long form. */
const MORE = isLong ? 20 : 1

const FATES = [
  'killed before it is carried out',
  'killed after it is carried out',
  'stopped after it is carried out',
] as const

for (const [partitions, few] of MOMENTS)
  test(`with partitions that are empty, idle, behind and new beside ${partitions}, a process killed or stopped at any request leaves each total once, and to the last digit`, async (t) => {
    t.timeout(PATIENCE * MORE)
    const moments = few * MORE
    const undisturbed = await play(partitions)
    t.deepEqual(await wrongIn(undisturbed.world), [])
    t.true(undisturbed.early.length > 0, 'windows close while it runs')
    t.deepEqual(contentsOf(undisturbed.world.store).rejected, [])
    if (partitions > 1) t.true(hasAdopted(undisturbed), 'lanes are idle while it runs')
    for (const fate of FATES)
      for (let moment = 1; moment <= moments; moment++) {
        const number = Math.ceil((undisturbed.calls * moment) / (moments + 1))
        const disturbed = await play(partitions, (call) => (call === number ? fate : undefined))
        await isAs(t, undisturbed, disturbed, `${fate}: request ${number} of ${undisturbed.calls}`)
      }
  })

/** How far upstream lanes were apart, in ms of event time, as of each record of the merging lanes. */
const skewsOf = ({ store }: World): number[] =>
  [...chainsOf(store).values()].flat().flatMap(({ record: { vector } }) => {
    const watermarks = Object.values(vector ?? {}).map((lane) =>
      Math.max(-Infinity, ...Object.values(lane.watermarks)),
    )
    const known = watermarks.filter((watermark) => Number.isFinite(watermark))
    return known.length > 1 ? [Math.max(...known) - Math.min(...known)] : []
  })

test('what lanes that are far ahead have committed waits in their chains until the slowest has come near', async (t) => {
  const batchRecords = 7
  const world = await newWorld(2, { batchRecords })
  const views = (partition: number): NewRecord[] =>
    Array.from({ length: 240 }, (_, hour) => {
      const [id, user] = [`${partition}-${hour}`, `user_${hour % 7}`]
      const view = { id, user, page: `page_${hour % 3}`, country: null, seconds: 1 }
      return recordOf({ ...view, at: START + hours(hour) }, partition)
    })
  const stop = new AbortController()
  const settings = { untilEnd: false, signal: stop.signal, commitEvery: 0 }
  const processes = [new Process(world, settings), new Process(world, settings)]
  await world.clock.advance(seconds(10))
  await append(world, [...views(0).slice(0, 1), ...views(1).slice(0, 1)])
  await world.clock.advance(seconds(10))
  processes[1]!.stop()
  await append(world, views(0).slice(1))
  await world.clock.advance(seconds(60))
  const ahead = [...chainsOf(world.store).values()].map((chain) => chain.at(-1)!.record)
  t.true(ahead.some(({ lane, to }) => lane.stage === 1 && to === 240))
  processes[1]!.continue()
  await append(world, views(1).slice(1))
  await world.clock.advance(seconds(120))
  stop.abort()
  await world.clock.run(Promise.all(processes.map((process) => process.over())))
  await runToEnd(world)
  t.deepEqual(await wrongIn(world), [])
  const skews = skewsOf(world)
  t.true(Math.max(...skews) > hours(2))
  t.true(Math.max(...skews) <= hours(2 + batchRecords + 1))
})
