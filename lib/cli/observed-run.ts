import type { Clock } from '../clock.ts'
import { type Duration, seconds } from '../duration.ts'
import type { Log } from '../ports.ts'
import { type RunEvents, tellAll } from '../run/events.ts'
import { type RunOptions, runPipeline } from '../run/run.ts'
import type { Summary } from '../run/tally.ts'
import { idOf } from '../topics.ts'
import type { Display } from './display.ts'
import type { Meter } from './meter.ts'
import { watchEventLoop } from './watchdog.ts'

/** How often it is asked how far the topics have grown. */
const ENDS_ASKED_EVERY: Duration = seconds(5)

/** Repeated requests are spoken of at most so often: an outage has thousands. */
const RETRIES_TOLD_EVERY: Duration = seconds(10)

/** Who watches a run. */
export interface Watching {
  /** Where it is shown, once it begins. */
  readonly display: () => Display
  readonly meter: Meter
  readonly observers: readonly RunEvents[]
}

/** Run a pipeline and show how it goes. */
export async function observedRun(
  options: Omit<RunOptions, 'events'>,
  { display: show, meter, observers }: Watching,
): Promise<Summary> {
  const { clock } = options
  const log = meter.watch(options.log)
  const display = show()
  const over = new AbortController()
  const asking = askForEnds(log, meter, clock, over.signal)
  void watchEventLoop(clock, over.signal, (text) => display.note(text))
  try {
    const events = tellAll([...observers, shown(meter, display, clock)])
    return await runPipeline({ ...options, log, events })
  } finally {
    over.abort()
    await asking
    display.close()
  }
}

function shown(meter: Meter, display: Display, clock: Clock): RunEvents {
  let told = -Infinity
  return {
    started({ place, store, topics }) {
      const read = Array.from(topics, ([topic, count]) => `${topic} (${count} partitions)`)
      display.note(`reading ${read.join(', ')} at ${place}, writing to ${store}`)
    },
    published: ({ objects }) => void (meter.objects += objects.length),
    retrying(lane, reason) {
      if (clock.now() - told < RETRIES_TOLD_EVERY) return
      told = clock.now()
      display.note(`${idOf(lane)}: trying again: ${reason}`)
    },
    note: (text) => display.note(text),
  }
}

/** So that the lag is that of now. The log may be away meanwhile. */
async function askForEnds(
  log: Log,
  meter: Meter,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    for (const topic of meter.topics.keys()) await log.ranges(topic).catch(() => undefined)
    await clock.sleep(ENDS_ASKED_EVERY, signal).catch(() => undefined)
  }
}
