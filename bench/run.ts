import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { flagOf } from '../lib/cli/flag.ts'
import { generate } from '../lib/cli/generate.ts'
import { openPorts, type Ports } from '../lib/cli/ports.ts'
import { formatCount } from '../lib/cli/text.ts'
import { systemClock } from '../lib/clock.ts'
import { seconds } from '../lib/duration.ts'
import { duration, integer } from '../lib/options.ts'
import { startServices } from '../lib/services/index.ts'
import schema from '../pipelines/ecommerce.generator.ts'
import { aggregatesIn, compare } from './answers.ts'
import { type Candidate, candidates, type Letter } from './candidates.ts'
import { measure } from './measure.ts'
import { report } from './report.ts'
import type { Usage } from './usage.ts'
import { type Round, verdictOf } from './verdict.ts'

interface Given {
  readonly events: number
  readonly rounds: number
  readonly commitEvery: number
}

const TOPIC = 'ecommerce-events'
const PARTITIONS = 4
const PLAN = { schema, seed: 1, duplicates: 0.01, late: 0.001, malformed: 0.001 }

const MISSED = 1
const VOID = 3
const STOPPED = 130

/** All that a run of the benchmark goes on in. */
interface Bench extends Given {
  readonly ports: Ports
  readonly environment: Readonly<Record<string, string>>
  readonly cwd: string
  readonly signal: AbortSignal
}

await new Command('bench')
  .description('measure pipelines beside hand-written loops, on a broker and a store of their own')
  .addOption(flagOf('events', integer(3_000_000, 'records of the topic')))
  .addOption(flagOf('rounds', integer(3, 'times that each program is run, besides once before')))
  .addOption(flagOf('commitEvery', duration(seconds(2), 'longest time between commits')))
  .action(main)
  .parseAsync()

async function main(given: Given): Promise<void> {
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort(new Error('stopped')))
  const services = await startServices(['kafka', 'versitygw'])
  const cwd = await mkdtemp(join(tmpdir(), 'sluice-bench-'))
  try {
    const ports = await openPorts({ variables: services.environment })
    const bench = { ...given, ports, environment: services.environment, cwd, signal: stop.signal }
    await fill(bench)
    // broker and store compile what they run, and Node keeps what it has compiled
    console.error('a round that does not count')
    await runAll(bench)
    const rounds: Round[] = []
    for (let round = 1; round <= given.rounds; round++) {
      console.error(`round ${round} of ${given.rounds}`)
      rounds.push(await runAll(bench))
    }
    await ports.close()
    const verdict = verdictOf(rounds, given.events)
    for (const line of report(rounds, given.events, verdict)) console.log(line)
    if (verdict.voids.length > 0) process.exitCode = VOID
    else if (verdict.goals.some(({ isReached }) => !isReached)) process.exitCode = MISSED
  } catch (error) {
    if (!stop.signal.aborted) throw error
    process.exitCode = STOPPED
  } finally {
    await services.remove()
    await rm(cwd, { recursive: true, force: true })
  }
}

async function fill({ ports, events, signal }: Bench): Promise<void> {
  const { profile } = await generate({
    log: ports.log,
    topic: TOPIC,
    partitions: PARTITIONS,
    plan: { ...PLAN, events },
    clock: systemClock,
    signal,
    screen: process.stderr,
  })
  if (profile.written !== events) throw new Error(`the topic has ${profile.written} records`)
  const machine = cpus()
  console.error()
  console.log(
    `${formatCount(events)} records in ${PARTITIONS} partitions; Node ${process.versions.node}, ${machine.length} cores of ${machine[0]?.model ?? 'unknown kind'}`,
  )
}

/** Each candidate once. Those that give answers have to give the same ones. */
async function runAll(bench: Bench): Promise<Round> {
  const usages: Partial<Record<Letter, Usage>> = {}
  let answers: Awaited<ReturnType<typeof aggregatesIn>> | undefined
  for (const candidate of candidates) {
    const usage = await runOne(candidate, bench)
    usages[candidate.letter] = usage
    if (candidate.aggregates !== undefined) {
      const own = await aggregatesIn(bench.ports.store, candidate.aggregates)
      if (answers) compare(answers, own)
      answers = own
    }
    await empty(bench)
    const rate = formatCount(bench.events / usage.elapsed)
    const cpu = ((usage.cpu * 1e6) / bench.events).toFixed(2)
    console.error(
      `(${candidate.letter}) ${candidate.title}: ${rate} events/s, ${cpu} CPU s/million`,
    )
  }
  return usages
}

async function runOne({ letter, words }: Candidate, bench: Bench): Promise<Usage> {
  const { S3_ENDPOINT, S3_REGION, S3_BUCKET, KAFKA_BROKERS } = bench.environment
  const run = await measure(
    words({
      brokers: [KAFKA_BROKERS!],
      topic: TOPIC,
      partitions: PARTITIONS,
      group: `bench-${letter}-${systemClock.now()}`,
      endpoint: S3_ENDPOINT!,
      region: S3_REGION!,
      bucket: S3_BUCKET!,
      commitEvery: bench.commitEvery,
    }),
    bench,
  )
  const said = /^(?:\S+: )?([\d,]+) records(?: of |$)/m.exec(run.output)?.[1]?.replaceAll(',', '')
  if (Number(said) !== bench.events) throw new Error(`(${letter}) has not read all:\n${run.output}`)
  return run
}

async function empty({ ports: { store } }: Bench): Promise<void> {
  const keys: string[] = []
  for await (const key of store.list('')) keys.push(key)
  await store.delete(keys)
}
