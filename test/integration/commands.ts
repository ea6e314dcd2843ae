import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'
import { openPorts, type Ports } from '../../lib/cli/ports.ts'
import { systemClock } from '../../lib/clock.ts'
import { Chain } from '../../lib/commit/chain.ts'
import { startServices } from '../../lib/services/index.ts'
import { objectsUnder } from '../support/objects.ts'
import { environmentWith } from '../support/environment.ts'

const START = fileURLToPath(new URL('../../lib/cli/start.mjs', import.meta.url))

/** Where commands run: a folder, and which services they are told of. */
export interface World {
  readonly folder: string
  readonly environment: NodeJS.ProcessEnv
}

/** A folder of its own for a test, gone when it is over, and services that these variables lead to. */
export async function worldOf(
  t: ExecutionContext,
  variables: Readonly<Record<string, string>>,
): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-test-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return { folder, environment: environmentWith(variables) }
}

/** A world with a broker and a store of its own. */
export async function servedWorld(t: ExecutionContext): Promise<World> {
  const services = await startServices(['kafka', 'versitygw'])
  t.teardown(() => services.remove())
  return worldOf(t, services.environment)
}

/** A command that was started. */
export interface Started {
  readonly child: ChildProcess
  /** What it has printed so far. */
  readonly output: () => string
  /** Resolves to its exit code, null where it was killed, once all that it printed is read. */
  readonly over: Promise<number | null>
}

/** Start `sluice` with these words. */
export const start = (world: World, ...words: string[]): Started =>
  startNode(world, [START, ...words])

/** Start Node with these arguments. */
export function startNode({ folder, environment }: World, argv: readonly string[]): Started {
  const child = spawn(process.execPath, argv, {
    cwd: folder,
    env: environment,
    stdio: 'pipe',
  })
  const printed: Buffer[] = []
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (bytes: Buffer) => printed.push(bytes))
  const over = once(child, 'close').then(([code]) => code as number | null)
  return { child, output: () => Buffer.concat(printed).toString(), over }
}

/** Whether a command is over, though what it has printed may not be read yet. */
export const hasEnded = ({ child }: Started): boolean =>
  child.exitCode !== null || child.signalCode !== null

/**
 * Resolves when a command has printed something like this, so often.
 *
 * @throws Error with what it has printed when it ends before
 */
export async function said({ over, output }: Started, what: RegExp, times = 1): Promise<void> {
  let isOver = false
  void over.then(() => (isOver = true))
  while ([...output().matchAll(new RegExp(what, 'gm'))].length < times) {
    if (isOver) throw new Error(`it has ended without ${what}: ${output()}`)
    await sleep(20)
  }
}

/** Run `sluice` with these words. */
export function command(
  world: World,
  ...words: string[]
): Promise<{ code: number | null; output: string }> {
  return commandWith(world, '', ...words)
}

/** Run `sluice` with these words, and a text as its standard input. */
export async function commandWith(
  world: World,
  input: string,
  ...words: string[]
): Promise<{ code: number | null; output: string }> {
  const { child, over, output } = start(world, ...words)
  child.stdin!.end(input)
  return { code: await over, output: output() }
}

/** Run `sluice` with these words, which must go well; says what it has printed. */
export async function succeeds(
  t: ExecutionContext,
  world: World,
  ...words: string[]
): Promise<string> {
  const { code, output } = await command(world, ...words)
  t.is(code, 0, `${words.join(' ')}: ${output}`)
  return output
}

/** Keys and texts of the objects under a prefix, in the order of their keys. */
export const textsUnder = (world: World, prefix: string): Promise<[string, string][]> =>
  using(world, async ({ store }) => {
    const found: [string, string][] = []
    for await (const { key, bytes } of objectsUnder(store, prefix)) found.push([key, String(bytes)])
    return found
  })

/** Look at what is there, as `verify` does. */
export async function using<T>(
  { folder, environment }: World,
  look: (ports: Ports) => Promise<T>,
): Promise<T> {
  const ports = await openPorts({ variables: environment, root: folder, readOnly: true })
  try {
    return await look(ports)
  } finally {
    await ports.close()
  }
}

export interface Lanes {
  readonly pipeline: string
  readonly topic: string
  readonly partitions: number
}

/** Whether a process of this number has committed an epoch with records in it. */
export async function hasCommitted(
  world: World,
  { pipeline, topic, partitions }: Lanes,
  pid: number | undefined,
): Promise<boolean> {
  return using(world, async ({ store }) => {
    for (let partition = 0; partition < partitions; partition++) {
      const lane = { pipeline, topic, partition, stage: 1 } as const
      const newest = (await new Chain(lane, store, systemClock).newest())?.record
      if (newest?.host.endsWith(`/${pid}`) && newest.kind === 'commit' && newest.records > 0)
        return true
    }
    return false
  })
}
