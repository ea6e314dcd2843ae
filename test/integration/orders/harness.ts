import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { allocatorSettings, heapFlags } from '../../../lib/cli/heap.ts'
import { artifactFolder } from '../../../lib/services/artifacts.ts'
import { recordsIn } from '../../pipelines/produced.ts'
import { unpacked } from '../../support/checker/unpacked.ts'
import type { BucketObject } from '../../support/checker/world.ts'
import { objectsUnder } from '../../support/objects.ts'
import { type Started, startNode, using, type World } from '../commands.ts'
import type { Remains } from './check.ts'
import { PARTITIONS, type Produced } from './events.ts'

const RUN = join(import.meta.dirname, 'run.ts')
export const PRODUCED = ['order-items', 'order-totals', 'order-days', 'order-letters']

/** Start one of the pipelines, as `sluice run` would. */
export function startPipeline(world: World, ...words: string[]): Started {
  const environment = { ...allocatorSettings(['run', ...words]), ...world.environment }
  const flags = ['--disable-warning=TimeoutNegativeWarning', ...heapFlags(['run', ...words])]
  return startNode({ ...world, environment }, [...flags, RUN, ...words])
}

/** Highest memory of a process so far, in bytes. */
export async function peakOf(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024
}

export const createTopics = (world: World): Promise<void> =>
  using(world, async ({ log }) => {
    await log.create('orders', PARTITIONS)
    for (const topic of PRODUCED) await log.create(topic, 2)
  })

/** Kafka's own producer. What it has sent is acknowledged. */
export interface JavaProducer {
  send(records: readonly Produced[]): Promise<void>
  close(): Promise<void>
}

export async function javaProducer(broker: string, codec: string): Promise<JavaProducer> {
  const jars = join(await artifactFolder('kafka', () => {}), '*')
  const source = join(import.meta.dirname, 'Produce.java')
  const child = spawn('java', ['-cp', jars, source, broker, 'orders', codec], {
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const closed = once(child, 'close')
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    async send(records) {
      for (const { partition, value } of records)
        child.stdin.write(`${partition}\t${value?.toString('base64') ?? ''}\n`)
      child.stdin.write('\n')
      if ((await answers.next()).done) throw new Error('the producer has ended')
    },
    async close() {
      child.stdin.end()
      await closed
    },
  }
}

/** Version n of the table says so, and that a franc is worth n times as much as before. */
export const rate = (currency: string, version: number): number | undefined =>
  ({ EUR: 1, CHF: 1 + version })[currency]

/** Puts a version of the table in the place of the one before. */
export async function writeRates({ folder }: World, version: number): Promise<void> {
  const rows = ['EUR', 'CHF'].map((name) => `${name},${rate(name, version)},${version}\n`)
  await writeFile(join(folder, 'rates.new'), `currency,rate,version\n${rows.join('')}`)
  await rename(join(folder, 'rates.new'), join(folder, 'rates.csv'))
}

/** All that is there now. */
export const remainsOf = (world: World, input: readonly Produced[]): Promise<Remains> =>
  using(world, async ({ log, store }) => {
    const objects: BucketObject[] = []
    for (const prefix of ['orders/', 'copies/'])
      for await (const object of objectsUnder(store, prefix)) objects.push(unpacked(object))
    const topics = new Map<string, Awaited<ReturnType<typeof recordsIn>>>()
    for (const topic of PRODUCED) topics.set(topic, await recordsIn(log, topic))
    return { input, objects, topic: (name) => topics.get(name) ?? [], rate }
  })
