import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { openPorts } from '../../lib/cli/ports.ts'
import { systemClock } from '../../lib/clock.ts'
import type { Rejected } from '../../lib/pipeline.ts'
import { type Services, startServices } from '../../lib/services/index.ts'
import { verify } from '../../lib/verify/verify.ts'
import { environmentWith } from '../support/environment.ts'
import { startNode, using, type World } from './commands.ts'
import { type Parcel, TOPIC } from './deadly/pipeline.ts'
import { PATIENCE } from '../support/length.ts'

const RUN = fileURLToPath(new URL('deadly/run.ts', import.meta.url))
const RECORDS = 200

let services: Services<'kafka' | 'versitygw'>

test.before(async () => {
  services = await startServices(['kafka', 'versitygw'])
})

test.after.always(() => services?.remove())

async function worldOf(variables: Readonly<Record<string, string>>): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-poison-'))
  return { folder, environment: environmentWith(variables) }
}

async function produce({ folder, environment }: World, deadly: readonly Parcel[]): Promise<void> {
  const ports = await openPorts({ variables: environment, root: folder })
  try {
    await ports.log.create(TOPIC, 2)
    const producer = await ports.log.producer(TOPIC)
    const parcels = Array.from({ length: RECORDS }, (_, n): Parcel => ({ n }))
    for (const parcel of deadly) parcels[parcel.n] = parcel
    await producer.append(
      parcels.map((parcel) => ({
        key: null,
        value: JSON.stringify(parcel),
        partition: parcel.n % 2,
      })),
    )
    await producer.close()
  } finally {
    await ports.close()
  }
}

/** What is in the bucket, and what is wrong with it. */
const outcomeOf = (world: World) =>
  using(world, async ({ log, store }) => {
    const rows = async <T>(prefix: string): Promise<T[]> => {
      const found: T[] = []
      for await (const key of store.list(`${prefix}/`))
        for (const line of String(await store.get(key)).split('\n'))
          if (line !== '') found.push(JSON.parse(line) as T)
      return found
    }
    const { findings } = await verify({ pipeline: 'deadly', store, log, clock: systemClock })
    return {
      parcels: await rows<Parcel>('parcels'),
      rejected: await rows<Rejected>('rejected'),
      findings,
    }
  })

for (const [where, processes, deadly] of [
  ['in folders, with one process', 1, [{ n: 101, does: 'abort' }]],
  [
    'on Kafka, with two processes',
    2,
    [
      { n: 40, does: 'abort' },
      { n: 155, does: 'loop' },
    ],
  ],
] as const)
  test.serial(
    `${where}: records that abort the process or never return are set aside, all others kept`,
    async (t) => {
      t.timeout(PATIENCE)
      const world = await worldOf(processes === 1 ? {} : services.environment)
      try {
        await produce(world, deadly)
        const run = startNode(world, [RUN, '--until-end', '--processes', `${processes}`])
        t.is(await run.over, 0, run.output())
        const { parcels, rejected, findings } = await outcomeOf(world)
        t.deepEqual(findings, [])
        t.deepEqual(
          rejected
            .map(({ text }) => JSON.parse(text ?? '') as Parcel)
            .toSorted((a, b) => a.n - b.n),
          [...deadly],
        )
        t.true(
          rejected.every(
            ({ operator, reason }) => operator === 'source' && reason.startsWith('poison: '),
          ),
        )
        t.is(new Set(parcels.map(({ n }) => n)).size, RECORDS - deadly.length)
        t.is(parcels.length, RECORDS - deadly.length)
        t.regex(run.output(), /has died \(SIGABRT\)/)
        if (processes > 1) t.regex(run.output(), /has not answered for 6 s: killed/)
      } finally {
        await rm(world.folder, { recursive: true, force: true })
      }
    },
  )
