import { systemClock } from '../../clock.ts'
import type { Pipeline } from '../../pipeline.ts'
import type { Summary } from '../../run/tally.ts'
import { Health } from '../health.ts'
import { exitCodeOf } from '../main.ts'
import { Meter } from '../meter.ts'
import { Metrics } from '../metrics/metrics.ts'
import { pipelineCommand } from '../run.ts'
import { type Given, instanceOf, runHere } from '../run-here.ts'
import { stopOnSignals } from '../stop.ts'
import { type Line, Relay } from './relay.ts'
import { verdictOf } from './verdict.ts'

/** The parent says what there is to say of a signal. */
const silent = { write: () => true }

/**
 * Run a pipeline as one of several processes, by the words of this process: `<number> <pipeline> [options]`.
 *
 * @returns what to exit with
 */
export function runAsChild(load: (name: string | undefined) => Promise<Pipeline>): Promise<number> {
  const [number = '', name, ...words] = process.argv.slice(2)
  return exitCodeOf(async () => {
    const command = pipelineCommand(await load(name), (pipeline, given) =>
      run(pipeline, given, number),
    )
    await command.parseAsync(words, { from: 'user' })
  })
}

async function run(pipeline: Pipeline, given: Given, number: string): Promise<void> {
  const stop = stopOnSignals({ clock: systemClock, process, screen: silent })
  const health = new Health(systemClock, stop.signal)
  const meter = new Meter(systemClock)
  const shown = { clock: systemClock, meter, health }
  const metrics = new Metrics({ ...shown, name: instanceOf(pipeline, given), process: number })
  const relay = new Relay({ ...shown, metrics, line: process as unknown as Line })
  let summary: Summary | undefined
  try {
    const outcome = await runHere(pipeline, given, {
      stop,
      meter,
      observers: [health, metrics, relay],
      display: () => ({ note: (text) => console.error(text), close: () => undefined }),
      joinRun: (found) => relay.joinRun(found),
    })
    summary = outcome?.summary
    process.exitCode = stop.code
  } catch (error) {
    const verdict = verdictOf(error)
    if (verdict) await relay.warn(verdict)
    throw error
  } finally {
    stop.close()
    await relay.close(summary)
  }
}
