import { fileURLToPath } from 'node:url'
import { AggregatorRegistry, Registry } from 'prom-client'
import { systemClock } from '../../clock.ts'
import { type Duration, seconds } from '../../duration.ts'
import { SluiceError } from '../../errors.ts'
import type { Pipeline } from '../../pipeline.ts'
import { sumOf } from '../../run/tally.ts'
import { type Display, showProgress } from '../display.ts'
import type { Numbers, Ready } from '../health-server.ts'
import { dataBudget, heapFlags, memoryOfEach } from '../heap.ts'
import { progressLine } from '../meter.ts'
import { factsOf, type Given } from '../run-here.ts'
import { settingsOf } from '../settings.ts'
import { stopOnSignals } from '../stop.ts'
import { summaryLines } from '../summary.ts'
import { Family } from './family.ts'
import { Member } from './member.ts'

/** What is run in each process, and for how long its event loop may be held up by one record. */
export interface Upbringing {
  readonly module: string
  readonly patience: Duration
}

const USUAL: Upbringing = {
  module: fileURLToPath(new URL('child.ts', import.meta.url)),
  patience: seconds(30),
}

/** Options that are the parent's own. */
const OWN = ['--processes', '--health-port', '--memory']

/**
 * Run a pipeline in several processes, as one: one display, one summary, one port for probes. Kafka's group shares the lanes out among them, as it does
 * among machines.
 *
 * @param words pipeline's options as they were given
 * @param memory bytes for all together, where that was said
 */
export async function runProcesses(
  pipeline: Pipeline,
  given: Given,
  words: readonly string[],
  memory: number | undefined,
  { module, patience }: Upbringing = USUAL,
): Promise<void> {
  const { processes: size = 1, healthPort } = given
  if (size > 1 && settingsOf(process.env).kind === 'folders') throw onlyOne(size)
  const each = memoryOfEach(memory, size)
  dataBudget(each)
  const own = ['--memory', `${each}B`]
  const started = systemClock.now()
  let run: number | undefined
  let display: Display | undefined
  const note = (text: string): void => (display ? display.note(text) : console.error(text))
  const family = new Family<Member>({
    size,
    clock: systemClock,
    note,
    start: (number) =>
      new Member({
        number,
        words: [pipeline.name, ...without(words, OWN), ...own],
        flags: heapFlags(['run', ...own]),
        clock: systemClock,
        module,
        patience,
        print: (line, to) => (to === 'stdout' ? console.log : note)(`[${number}] ${line}`),
        runOf: (found) => (run ??= found),
      }),
  })
  const stop = stopOnSignals({ clock: systemClock, process, screen: process.stderr })
  stop.signal.addEventListener('abort', () => family.stop(stop.asked ?? 'SIGTERM'))
  const probes = await answerProbes(family, stop.signal, healthPort)
  display = showProgress(() => progressLine(progressOf(family)), process.stderr, systemClock)
  try {
    process.exitCode = await family.run()
  } finally {
    display.close()
    probes?.close()
    stop.close()
  }
  if (stop.code !== 0 && process.exitCode === 0) process.exitCode = stop.code
  const all = family.all.flatMap(({ newest }) => newest ?? [])
  const store = all.find((tick) => tick.store !== undefined)?.store
  if (store === undefined) return
  const summary = sumOf(
    all.flatMap((tick) => tick.summary ?? []),
    systemClock.now() - started,
  )
  const facts = { ...factsOf(pipeline, given), store, peak: peakOf(family) }
  for (const line of summaryLines(summary, facts)) console.log(line)
}

const onlyOne = (size: number): SluiceError =>
  new SluiceError(
    'config',
    `--processes ${size} needs Kafka and S3: the folders data/log and data/bucket take one process at a time. Leave --processes out, or set KAFKA_BROKERS and S3_BUCKET`,
  )

/** Words without some options and their values. */
export function without(words: readonly string[], flags: readonly string[]): string[] {
  return words.filter((word, index) => {
    const isValue = index > 0 && flags.includes(words[index - 1] as string)
    return !isValue && !flags.some((flag) => word === flag || word.startsWith(`${flag}=`))
  })
}

function progressOf({ running, all }: Family<Member>): Parameters<typeof progressLine>[0] {
  const ticks = all.flatMap(({ newest }) => newest?.progress ?? [])
  const now = [...running.values()].flatMap(({ newest }) => newest?.progress ?? [])
  const sum = (some: typeof ticks, of: (one: (typeof ticks)[number]) => number): number =>
    some.reduce((total, one) => total + of(one), 0)
  return {
    records: sum(ticks, ({ records }) => records),
    objects: sum(ticks, ({ objects }) => objects),
    rate: sum(now, ({ rate }) => rate),
    lag: sum(now, ({ lag }) => lag),
    memory: sum(now, ({ memory }) => memory) + process.memoryUsage.rss(),
  }
}

/** Most memory of this process and of as many children as there were at a time: an upper bound. */
function peakOf({ all }: Family<Member>): number {
  const peaks = new Map<number, number>()
  for (const { number, newest } of all)
    peaks.set(number, Math.max(peaks.get(number) ?? 0, newest?.peak ?? 0))
  const own = process.resourceUsage().maxRSS * 1_024
  return [...peaks.values()].reduce((total, peak) => total + peak, own)
}

/** Where a port is given: the server is loaded for that only. */
async function answerProbes(family: Family<Member>, stop: AbortSignal, port: number | undefined) {
  if (port === undefined) return undefined
  const { serveHealth } = await import('../health-server.ts')
  const ready: Ready = {
    get readiness() {
      if (stop.aborted) return { ready: false, reason: 'stopping' }
      return readinessOf(family)
    },
  }
  const numbers: Numbers = {
    contentType: Registry.PROMETHEUS_CONTENT_TYPE,
    text: async () => {
      const metrics = await Promise.all([...family.running.values()].map((one) => one.metrics()))
      return AggregatorRegistry.aggregate(metrics).metrics()
    },
  }
  return serveHealth(ready, numbers, port)
}

/** All of them, or the first that is not. One that has come to its end is not asked. */
function readinessOf({ running, size }: Family<Member>): Ready['readiness'] {
  for (let number = 1; number <= size; number++) {
    const { ready, reason } = running.get(number)?.newest?.readiness ?? {
      ready: false,
      reason: 'starting',
    }
    if (!ready) return { ready, reason: `process ${number}: ${reason}` }
  }
  return { ready: true, reason: 'running' }
}
