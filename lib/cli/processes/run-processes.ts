import { fileURLToPath } from 'node:url'
import { AggregatorRegistry, Registry } from 'prom-client'
import { systemClock } from '../../clock.ts'
import { type Duration, seconds } from '../../duration.ts'
import { SluiceError } from '../../errors.ts'
import type { Pipeline } from '../../pipeline.ts'
import { type Display, showProgress } from '../display.ts'
import type { Numbers, Ready } from '../health-server.ts'
import { allocatorSettings, dataBudget, heapFlags, memoryOfEach } from '../heap.ts'
import { progressLine } from '../meter.ts'
import { factsOf, type Given } from '../run-here.ts'
import { settingsOf } from '../settings.ts'
import { stopOnSignals } from '../stop.ts'
import { summaryLines } from '../summary.ts'
import { Family } from './family.ts'
import { Member } from './member.ts'
import { Total } from './total.ts'
import { peakMemory } from '../peak-memory.ts'

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
  const total = new Total()
  const family = new Family<Member>({
    size,
    clock: systemClock,
    note,
    ended: ({ number, newest }) => newest && total.add(number, newest),
    start: (number) =>
      new Member({
        number,
        words: [pipeline.name, ...without(words, OWN), ...own],
        flags: heapFlags(['run', ...own]),
        environment: { ...process.env, ...allocatorSettings(own) },
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
  const line = (): string => {
    const running = [...family.running.values()].flatMap(({ newest }) => newest?.progress ?? [])
    return progressLine(total.progress(running, process.memoryUsage.rss()))
  }
  display = showProgress(line, process.stderr, systemClock)
  try {
    process.exitCode = await family.run()
  } finally {
    display.close()
    probes?.close()
    stop.close()
  }
  if (stop.code !== 0 && process.exitCode === 0) process.exitCode = stop.code
  const { store } = total
  if (store === undefined) return
  const peak = total.peak(peakMemory())
  const facts = { ...factsOf(pipeline, given), store, peak }
  const summary = total.summary(systemClock.now() - started)
  for (const said of summaryLines(summary, facts)) console.log(said)
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

/** All of them, or the first that is not. */
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
