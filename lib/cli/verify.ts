import { randomInt } from 'node:crypto'
import { Command } from 'commander'
import { systemClock } from '../clock.ts'
import { messageOf, SluiceError } from '../errors.ts'
import { readDuration } from '../options.ts'
import { type Report, verify, type VerifyOptions } from '../verify/verify.ts'
import { loadPipeline } from './catalog.ts'
import { EXIT } from './exit.ts'
import { readTopics, textFlag } from './flag.ts'
import { openPorts } from './ports.ts'
import { withScratch } from './scratch.ts'
import { jsonOf, linesOf } from './verify-report.ts'

interface Flags {
  readonly topic?: readonly string[]
  readonly name?: string
  readonly since?: number
  readonly sample?: number
  readonly seed?: number
  readonly replay?: boolean
  readonly json?: boolean
}

/** `verify <pipeline>`: audit what a pipeline has written. Exits 1 with findings. */
export function verifyCommand(): Command {
  return new Command('verify')
    .description(
      'check that every record is in the objects once, and every object as it was written',
    )
    .argument('<pipeline>', 'which pipeline')
    .addOption(
      textFlag('topic', 'names', 'as it was run: on other topics than its own', readTopics),
    )
    .option('--name <name>', 'the instance, where it was run with another name')
    .addOption(
      textFlag('since', 'time', 'only commits from then on: 2d, 2026-11-21T08:00Z', readSince),
    )
    .addOption(
      textFlag('sample', 'percent', 'read only so many of the objects, look up all', readPercent),
    )
    .addOption(textFlag('seed', 'n', 'the sample with this number, once more', readSeed))
    .option('--replay', 'run every commit again from the log, and compare')
    .option('--json', 'one JSON document, for programs')
    .action(run)
}

async function run(pipeline: string, flags: Flags): Promise<void> {
  const { topic, name = pipeline, since, sample, seed, replay, json } = flags
  if (seed !== undefined && sample === undefined)
    throw new SluiceError('config', '--seed chooses a sample: say how much of it with --sample')
  if (replay && since !== undefined)
    throw new SluiceError(
      'config',
      '--replay runs the commits before --since again too, since later ones stand on them: leave one of the two out',
    )
  const ports = await openPorts({ readOnly: true })
  try {
    const options: VerifyOptions = {
      pipeline: name,
      store: ports.store,
      log: ports.log,
      clock: systemClock,
      ...(topic !== undefined && { topics: topic }),
      ...(since !== undefined && { since }),
      ...(sample !== undefined && { sample: { percent: sample, seed: seed ?? randomInt(SEEDS) } }),
    }
    const report = replay ? await verifyAgain(pipeline, options) : await verify(options)
    const lines = json ? [JSON.stringify(jsonOf(report), null, 2)] : linesOf(report)
    for (const line of lines) console.log(line)
    if (report.count > 0) process.exitCode = EXIT.failed
  } finally {
    await ports.close()
  }
}

/** With the pipeline as its file says now. */
async function verifyAgain(name: string, options: VerifyOptions): Promise<Report> {
  const pipeline = await loadPipeline(name)
  return withScratch((scratch) => verify({ ...options, replay: { pipeline, scratch } }))
}

/** Seeds that are short enough to be typed again. */
const SEEDS = 1_000_000

const TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/

/** A point in time, or how long it is ago. @throws Error whose message completes "--since …" */
export function readSince(text: string): number {
  const time = TIME.test(text) ? Date.parse(text) : NaN
  if (!Number.isNaN(time)) return time
  try {
    return systemClock.now() - readDuration(text)
  } catch (error) {
    throw new SluiceError('config', `${messageOf(error)}; or a time such as 2026-11-21T08:00Z`, {
      cause: error,
    })
  }
}

/** @throws Error whose message completes "--sample …" */
export function readPercent(text: string): number {
  const percent = /^\d+(\.\d+)?%?$/.test(text) ? Number.parseFloat(text) : NaN
  if (percent > 0 && percent <= 100) return percent
  throw new SluiceError('config', `takes a part in percent, above 0 and up to 100, not '${text}'`)
}

function readSeed(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new SluiceError('config', `takes a whole number, not '${text}'`)
}
