import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ExecutionContext } from 'ava'
import { allocatorSettings, heapFlags } from '../../../lib/cli/heap.ts'
import { Kafka, logLevel } from 'kafkajs'
import { openLog, openPorts } from '../../../lib/cli/ports.ts'
import { recordsIn } from '../../pipelines/produced.ts'
import { hasEnded, type Started, startNode, using, type World } from '../../integration/commands.ts'
import { systemClock } from '../../../lib/clock.ts'
import { verify } from '../../../lib/verify/verify.ts'
import { environmentWith } from '../../support/environment.ts'
import { readBucket, readFolder } from './bucket-reader.ts'
import { complaintsOf } from './check.ts'
import { inputOf } from './input.ts'
import { readTopics } from './kafka-reader.ts'
import type { Remains, TopicRecord } from './remains.ts'

const RUN = join(import.meta.dirname, 'run.ts')
const LOADER = new URL('../failpoints/loader.ts', import.meta.url).href

/** Words for a process that goes on until it is told to stop, or killed. */
export const ENDLESS: readonly string[] = []

/** How often it is looked whether something has happened, in ms; every tenth time so many records have come to each partition. */
const LOOK = 100
const MORE = 40

/** What is done to one process. */
export interface Hurt {
  /** Failpoints, with commas between them. */
  readonly fault?: string
  /** Names of patches. */
  readonly patch?: string
  /** Where it finds the broker, if not where everybody does. */
  readonly broker?: string
}

/** A topic, a bucket, and processes that come and go. */
export class Trial {
  readonly name: string
  readonly world: World
  readonly #started: Started[] = []
  #partitions: number
  #produced = 0

  private constructor(name: string, world: World, partitions: number) {
    this.name = name
    this.world = world
    this.#partitions = partitions
  }

  /**
   * An empty topic, in a folder that is the caller's to remove.
   *
   * @param services variables that lead to the services; none for folders
   */
  static async begin(
    name: string,
    services: Readonly<Record<string, string>> = {},
    partitions = 2,
  ): Promise<Trial> {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-trial-'))
    const environment = environmentWith({ ...allocatorSettings(['run']), ...services })
    const world = { folder, environment }
    const ports = await openPorts({ variables: world.environment, root: folder })
    await ports.log.create(name, partitions)
    await ports.log.create(`${name}-copies`, partitions)
    await ports.close()
    return new Trial(name, world, partitions)
  }

  /** The same, removed when the test is over. */
  static async inTest(
    t: ExecutionContext,
    ...[name, services, partitions]: Parameters<typeof Trial.begin>
  ): Promise<Trial> {
    const trial = await Trial.begin(name, services, partitions)
    t.teardown(() => trial.remove())
    return trial
  }

  /** End processes that are left, and remove the folder. */
  async remove(): Promise<void> {
    for (const { child } of this.#started) child.kill('SIGKILL')
    await Promise.all(this.#started.map(({ over }) => over))
    await rm(this.world.folder, { recursive: true, force: true })
  }

  /** Give the topic more partitions; records are added to them as well from now on. */
  async grow(partitions: number): Promise<void> {
    const brokers = this.world.environment['KAFKA_BROKERS']!.split(',')
    const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin()
    await admin.connect()
    const topicPartitions = [{ topic: this.name, count: partitions }]
    await admin.createPartitions({ topicPartitions })
    await admin.disconnect()
    this.#partitions = partitions
  }

  /** Add so many records to each partition. */
  async produce(records: number): Promise<void> {
    const { environment, folder } = this.world
    // not the store: in a folder it is the process's that works
    const log = await openLog({ variables: environment, root: folder })
    const producer = await log.producer(this.name)
    await producer.append(inputOf(this.#partitions, records, this.#produced))
    this.#produced += records
    await producer.close()
    await log.close()
  }

  /** Add records to each partition until something has happened. */
  async produceUntil(hasHappened: () => boolean): Promise<void> {
    for (let looks = 0; !hasHappened(); looks++) {
      if (looks % 10 === 0) await this.produce(MORE)
      await sleep(LOOK)
    }
  }

  /** A process that reads to the end of the topic, unless other words say otherwise, and commits after every 20 records. */
  start({ fault, patch, broker }: Hurt = {}, words: readonly string[] = ['--until-end']): Started {
    const patches = [patch ?? [], words.includes('--until-end') ? [] : 'endless'].flat()
    const environment = {
      ...this.world.environment,
      ...(fault !== undefined && { FAULT: fault }),
      ...(patches.length > 0 && { PATCH: patches.join() }),
      ...(broker !== undefined && { KAFKA_BROKERS: broker }),
      FAULT_UNTIL: this.#until,
    }
    const flags = [...heapFlags(['run']), '--disable-warning=TimeoutNegativeWarning']
    const argv = [...flags, `--import=${LOADER}`, RUN, this.name]
    const started = startNode({ ...this.world, environment }, [
      ...argv,
      '--commit-every',
      '0ms',
      ...words,
    ])
    this.#started.push(started)
    return started
  }

  /** Processes that compute at a failpoint go on. */
  async endSpin(): Promise<void> {
    await writeFile(this.#until, '')
  }

  get #until(): string {
    return join(this.world.folder, 'go-on')
  }

  /** Run a process to the end of the topic, but for the failpoint, which kills it. For failpoints that such a run always comes to. */
  async killAt(t: ExecutionContext, fault: string): Promise<void> {
    await this.#killed(t, fault, this.start({ fault: `${fault}:kill` }))
  }

  /** The same in a process without an end to which input keeps coming, until it comes to the failpoint. */
  async killInTimeAt(t: ExecutionContext, fault: string, hurt: Hurt = {}): Promise<void> {
    const process = this.start({ ...hurt, fault: `${fault}:kill` }, ENDLESS)
    await this.produceUntil(() => hasEnded(process))
    await this.#killed(t, fault, process)
  }

  async #killed(t: ExecutionContext, fault: string, { child, over, output }: Started) {
    const code = await over
    t.is(child.signalCode, 'SIGKILL', `${fault} was not reached: exit ${code}\n${output()}`)
  }

  /** Run a process to the end, and say what is wrong with what there is then. */
  async finish(t: ExecutionContext): Promise<void> {
    const { over, output } = this.start()
    t.is(await over, 0, output())
    await this.check(t)
  }

  /** The project's own audit finds nothing, and neither does somebody who knows nothing of it. */
  async check(t: ExecutionContext): Promise<void> {
    t.deepEqual(complaintsOf(this.name, await this.remains()), [])
    const { findings } = await using(this.world, ({ log, store }) =>
      verify({ pipeline: this.name, log, store, clock: systemClock }),
    )
    t.deepEqual(findings, [])
  }

  /** All that there is now. */
  async remains(): Promise<Remains> {
    const { environment, folder } = this.world
    const [topic, copies] = [this.name, `${this.name}-copies`]
    const prefixes = [`${this.name}/`, `_sluice/${this.name}/`]
    const brokers = environment['KAFKA_BROKERS']
    const topics =
      brokers === undefined
        ? await this.#folderTopics([topic, copies])
        : await readTopics(brokers, [topic, copies])
    const objects =
      environment['S3_BUCKET'] === undefined
        ? await readFolder(join(folder, 'data', 'bucket'), prefixes)
        : await readBucket(environment, prefixes)
    return { input: topics.get(topic)!, copies: topics.get(copies)!, objects }
  }

  /** The one thing that is read with the project's own means: what it calls a log in a folder is its own invention. */
  #folderTopics(topics: readonly string[]): Promise<Map<string, TopicRecord[]>> {
    return using(this.world, async ({ log }) => {
      const all = new Map<string, TopicRecord[]>()
      for (const topic of topics)
        all.set(
          topic,
          (await recordsIn(log, topic)).map(({ bytes, headers = {}, ...record }) => ({
            ...record,
            value: bytes,
            headers: Object.fromEntries(
              Object.entries(headers).map(([name, text]) => [name, String(text)]),
            ),
          })),
        )
      return all
    })
  }
}
