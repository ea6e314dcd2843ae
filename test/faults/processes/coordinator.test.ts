import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { type Services, startServices } from '../../../lib/services/index.ts'
import type { Started } from '../../integration/commands.ts'
import { randomFrom } from '../../pipelines/input.ts'
import { groupView } from '../../support/group-view.ts'
import { KafkaCluster, until } from '../../support/kafka-cluster.ts'
import { isLong, PATIENCE } from '../../support/length.ts'
import { ENDLESS, Trial } from '../trial/trial.ts'

/** One for each broker to lead. */
const PARTITIONS = 3

/** So many records come to each of them, so often in ms. */
const RECORDS = 10
const PRODUCED_EVERY = 500

/** Rounds of the long form. */
const ROUNDS = 20

let cluster: KafkaCluster
let store: Services<'versitygw'>

test.before(async () => {
  ;[cluster, store] = await Promise.all([KafkaCluster.start(), startServices(['versitygw'])])
})

test.after.always(() => Promise.all([cluster?.remove(), store?.remove()]))

/** What happens to a broker, and what brings it back. */
const WAYS = { kill: 'start', stop: 'start', pause: 'resume' } as const
type Way = keyof typeof WAYS

/** Processes of a pipeline on the cluster, and input that keeps coming. */
class Work {
  readonly #t: ExecutionContext
  readonly #trial: Trial
  readonly #processes: Started[] = []
  readonly #producing: Promise<void>
  #isOver = false

  private constructor(t: ExecutionContext, trial: Trial) {
    this.#t = t
    this.#trial = trial
    this.#producing = this.#produce()
  }

  /** Resolves when two processes share the partitions. */
  static async begin(t: ExecutionContext, name: string): Promise<Work> {
    t.timeout(PATIENCE)
    const variables = { ...store.environment, KAFKA_BROKERS: cluster.brokers.join() }
    const work = new Work(t, await Trial.inTest(t, name, variables, PARTITIONS))
    await work.come()
    await work.come()
    return work
  }

  /** Another process, until the group is at rest with it. */
  async come(): Promise<void> {
    this.#processes.push(this.#trial.start({ patch: 'busy-mirror' }, ENDLESS))
    await this.#atRest()
  }

  /** A broker that leads a partition and does not coordinate the group. */
  async leader(): Promise<number> {
    const coordinator = await cluster.coordinator()
    const leaders = await cluster.leaders(this.#trial.name)
    return leaders.find((id) => id !== coordinator)!
  }

  /** Take a broker away, do something meanwhile, see that all goes on without it, and bring it back. */
  async without(
    node: number,
    way: Way,
    meanwhile: () => Promise<void> = () => Promise.resolve(),
  ): Promise<void> {
    this.#t.log(`${way} ${node}`)
    await cluster.node(node)[way]()
    await meanwhile()
    await cluster.replaced(node, [this.#trial.name, `${this.#trial.name}-copies`])
    await this.#goesOn()
    await this.#atRest()
    await cluster.node(node)[WAYS[way]]()
    await cluster.whole()
  }

  /** All are told to stop, and do; whoever reads on to the end finds nothing lost and nothing doubled. */
  async end(): Promise<void> {
    this.#isOver = true
    await this.#producing
    for (const { child } of this.#processes) child.kill('SIGTERM')
    for (const { over, output } of this.#processes) {
      this.#t.is(await over, 143, output())
      // whoever finds a partition without a leader waits
      this.#t.notRegex(output(), /Kafka at .*claiming it again/)
    }
    await this.#trial.finish(this.#t)
  }

  async #produce(): Promise<void> {
    while (!this.#isOver) {
      await this.#trial.produce(RECORDS)
      await sleep(PRODUCED_EVERY)
    }
  }

  /** Until all are members of the group, and nobody is joining. */
  async #atRest(): Promise<void> {
    await until(async () => {
      const view = await cluster.ask((admin) => groupView(admin, this.#trial.name))
      return view?.state === 'Stable' && view.members.length === this.#processes.length
    })
  }

  /** Until the group knows that all has been committed which stood in the topic when this began. */
  async #goesOn(): Promise<void> {
    const { name } = this.#trial
    const asked = { groupId: name, topics: [name] }
    let ends: Map<number, number> | undefined
    await until(async () => {
      ends ??= await cluster.ask(async (admin) => byPartition(await admin.fetchTopicOffsets(name)))
      const stored = await cluster.ask((admin) => admin.fetchOffsets(asked))
      const committed = byPartition(stored?.[0]?.partitions ?? [])
      return !!ends && [...ends].every(([partition, end]) => committed.get(partition)! >= end)
    })
  }
}

const byPartition = (all: readonly { partition: number; offset: string }[]): Map<number, number> =>
  new Map(all.map(({ partition, offset }) => [partition, Number(offset)]))

test.serial(
  'while a broker is away that leads a partition, processes go on, and one that comes has its share',
  async (t) => {
    const work = await Work.begin(t, 'leader-away')
    await work.without(await work.leader(), 'kill', () => work.come())
    await work.end()
  },
)

test.serial(
  'when the broker that coordinates their group is killed, and the one after it stopped, processes go on under the next one',
  async (t) => {
    const work = await Work.begin(t, 'coordinator-away')
    await work.without((await cluster.coordinator())!, 'kill')
    await work.without((await cluster.coordinator())!, 'stop')
    await work.end()
  },
)

if (isLong)
  test.serial(
    'whichever brokers are killed, stopped and paused in turn, processes go on',
    async (t) => {
      const seed = Date.now()
      t.log(`seed ${seed}`)
      const random = randomFrom(seed)
      const oneOf = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)]!
      const work = await Work.begin(t, 'brokers-away')
      for (let round = 0; round < ROUNDS; round++)
        await work.without(oneOf(cluster.ids), oneOf(['kill', 'stop', 'pause']))
      await work.end()
    },
  )
