import { readFileSync } from 'node:fs'
import { dataBudget, DEFAULT_MEMORY } from '../../lib/cli/heap.ts'
import { openPorts } from '../../lib/cli/ports.ts'
import { systemClock } from '../../lib/clock.ts'
import { seconds } from '../../lib/duration.ts'
import { definePipeline, rawBytes } from '../../lib/index.ts'
import type { Log } from '../../lib/ports.ts'
import { runPipeline } from '../../lib/run/run.ts'

/** What the archiver says of itself, on a line of JSON. */
export interface Told {
  /** Bytes of values fetched so far. */
  readonly fetched: number
  /** Memory now, and the most so far, in bytes, as the operating system shows it. */
  readonly memory: number
  readonly peak: number
}

/** How often it says so, in ms. */
const TOLD_EVERY = 250

const [, , topic = '', group = ''] = process.argv

const archive = definePipeline(group, ({ kafka, s3, rejected }) => {
  kafka({ topic }).to(s3({ prefix: 'archive', format: rawBytes({ separator: '\n' }) }))
  rejected.to(s3({ prefix: 'rejected' }))
})

let fetched = 0

/** The same log, and every batch counted. */
const counted = (log: Log): Log => ({
  ...log,
  join: (options) =>
    log.join({
      ...options,
      listener: {
        ...options.listener,
        batch(batch) {
          for (const { bytes } of batch.records) fetched += bytes?.length ?? 0
          options.listener.batch(batch)
        },
      },
    }),
})

function tell(): void {
  const status = readFileSync('/proc/self/status', 'utf8')
  const field = (name: string): number =>
    Number(new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(status)?.[1]) * 1_024
  const told: Told = { fetched, memory: field('VmRSS'), peak: field('VmHWM') }
  console.log(JSON.stringify(told))
}

const stop = new AbortController()
process.once('SIGTERM', () => stop.abort(new Error('SIGTERM')))
const { log, store } = await openPorts()
const telling = setInterval(tell, TOLD_EVERY)
await runPipeline({
  pipeline: archive,
  log: counted(log),
  store,
  clock: systemClock,
  commitEvery: seconds(10),
  memory: dataBudget(DEFAULT_MEMORY),
  signal: stop.signal,
})
clearInterval(telling)
tell()
process.exit()
