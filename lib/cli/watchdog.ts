import type { Clock } from '../clock.ts'
import { type Duration, seconds } from '../duration.ts'

/** How often the event loop is looked at, and how long it may stand still before somebody is told: half of a session of the consumer group. */
const LOOK: Duration = seconds(1)
const LONG: Duration = seconds(5)

/**
 * Tell, until the signal, whenever the event loop has stood still for over 5 s. No request is answered meanwhile and no heartbeat sent: after 10 s the consumer group
 * takes the process for dead. Who may have done it is told apart by the CPU time that the process took.
 *
 * @param elapsed a time in ms that never jumps
 */
export async function watchEventLoop(
  clock: Clock,
  signal: AbortSignal,
  note: (text: string) => void,
  elapsed: () => number = () => performance.now(),
): Promise<void> {
  while (!signal.aborted) {
    const [began, cpu] = [elapsed(), process.cpuUsage()]
    await clock.sleep(LOOK, signal).catch(() => undefined)
    const stood = elapsed() - began - LOOK
    const { user, system } = process.cpuUsage(cpu)
    if (stood >= LONG) note(standstill(stood, (user + system) / 1_000))
  }
}

/** What is said of it, by how long it was and how much of that the process computed, in ms. */
export function standstill(stood: Duration, computed: Duration): string {
  const told = (ms: Duration): string => `${(ms / 1_000).toFixed(1)} s`
  return computed >= stood / 2
    ? `the event loop stood still for ${told(stood)} because something computed all the while, such as a function of an operator: it has to be short ` +
        `(10 ms for a chunk of events), since nothing else happens meanwhile, and after 10 s the consumer group gives the partitions of this process to others`
    : `this process stood still for ${told(stood)} and computed for ${told(Math.min(computed, stood))} of it: it was stopped from outside, or its machine had no CPU time for it; ` +
        `after 10 s the consumer group gives its partitions to others`
}
