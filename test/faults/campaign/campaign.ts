import { randomInt } from 'node:crypto'
import { mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Command } from 'commander'
import { report as reportError } from '../../../lib/cli/exit.ts'
import { flagOf, tamed, textFlag } from '../../../lib/cli/flag.ts'
import { DEFAULT_MEMORY } from '../../../lib/cli/heap.ts'
import { seconds } from '../../../lib/duration.ts'
import { SluiceError } from '../../../lib/errors.ts'
import { bytes, choice, duration, integer } from '../../../lib/options.ts'
import { reportOf } from './report.ts'
import { Session } from './session.ts'
import { type Goal, newState, readState, type State } from './state.ts'

interface Given extends Omit<Goal, 'seed'> {
  readonly seed?: number
  readonly every: number
  readonly folder?: string
  readonly resume?: string
  readonly report?: string
}

const FAILED = 1
const STOPPED = 130

/** `npm run campaign`: random faults on real services, and a report. */
const command = new Command('campaign')
  .description('random overlapping faults on real services, verified at every quiet point')
  .addOption(flagOf('events', integer(10_000_000, 'records of the topic')))
  .addOption(flagOf('kills', integer(300, 'processes that are killed')))
  .addOption(flagOf('every', duration(seconds(8), 'mean time from one kill to the next')))
  .addOption(flagOf('store', choice(['versitygw', 'minio'], 'the S3 store')))
  .addOption(flagOf('memory', bytes(DEFAULT_MEMORY, 'most memory of each process')))
  .addOption(textFlag('seed', 'n', 'faults of an earlier campaign once more', readSeed))
  .option('--folder <folder>', 'where all of it is kept; a new one in the temporary folder')
  .option('--resume <folder>', 'go on with a campaign that was stopped or killed')
  .option('--report <file>', 'write the report there too')
  .action(main)

try {
  await tamed(command).parseAsync()
  process.exit()
} catch (error) {
  process.exit(reportError(error))
}

async function main(given: Given): Promise<void> {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      if (!stop.signal.aborted) tell(`${signal}: clearing all faults, and stopping`)
      stop.abort()
    })
  const folder = await folderOf(given)
  const state = given.resume === undefined ? await begun(given) : await readState(folder)
  tell(`campaign with seed ${state.goal.seed} in ${folder}, process ${process.pid}`)
  const { every } = given
  const session = await Session.begin({ folder, state, every, signal: stop.signal, tell })
  let isDone = false
  try {
    isDone = await session.run()
  } finally {
    await session.close()
  }
  await writeReport(join(folder, 'campaign.md'), state)
  if (given.report !== undefined && isDone) await writeReport(given.report, state)
  if (isDone) return tell('done: nothing lost, nothing doubled')
  const again = `npm run campaign -- --resume ${folder}`
  tell(
    stop.signal.aborted ? `go on with: ${again}` : `stopped, since something is wrong: ${folder}`,
  )
  process.exitCode = stop.signal.aborted ? STOPPED : FAILED
}

async function folderOf({ folder, resume }: Given): Promise<string> {
  if (resume !== undefined) return resolve(resume)
  if (folder === undefined) return mkdtemp(join(tmpdir(), 'sluice-campaign-'))
  await mkdir(folder, { recursive: true })
  if ((await readdir(folder)).length === 0) return resolve(folder)
  throw new SluiceError('config', `${folder} is not empty: --resume goes on with what is there`)
}

async function begun({ seed = randomInt(1_000_000), ...given }: Given): Promise<State> {
  const { events, kills, store, memory } = given
  return newState({ events, kills, store, memory, seed }, Date.now())
}

async function writeReport(file: string, state: State): Promise<void> {
  const all = cpus()
  const machine = `${all.length} cores of ${all[0]?.model ?? 'unknown kind'}`
  await writeFile(file, await reportOf(state, { machine, node: process.versions.node }))
}

function readSeed(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new SluiceError('config', `takes a whole number, not '${text}'`)
}

function tell(line: string): void {
  console.log(`${new Date().toISOString().slice(11, 19)} ${line}`)
}
