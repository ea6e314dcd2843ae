import type { Clock } from '../clock.ts'
import { messageOf } from '../errors.ts'
import type { NewRecord, Producer } from '../ports.ts'
import type { Events } from './events.ts'

/** Records of one append, and appends under way at a time: what a broker acknowledges while the next ones are made. */
const BATCH = 2_500
const UNDER_WAY = 3

/** How it went. */
export interface Profile {
  /** Records that the log has acknowledged. */
  readonly written: number
  /** Records of appends that failed: whether the log has them is unknown. */
  readonly failed: number
  /** Why the first of them failed. */
  readonly firstFailure: string | undefined
  /** ms from the first record to the last acknowledgement. */
  readonly elapsed: number
  /** ms from sending a batch to its acknowledgement, in ascending order. */
  readonly latencies: readonly number[]
  /** Writes that had to be repeated. */
  readonly retries: number
}

export interface FillOptions {
  readonly clock: Clock
  /** Aborted to stop after the batches under way. */
  readonly signal: AbortSignal
  /** Told of the records acknowledged so far. */
  readonly progress?: (written: number) => void
}

/** Write generated records to a topic until there are no more, the signal, or the first failure. Holds three batches. */
export async function fill(
  producer: Producer,
  events: Pick<Events, 'take'>,
  { clock, signal, progress }: FillOptions,
): Promise<Profile> {
  const started = clock.now()
  const latencies: number[] = []
  let written = 0
  let failed = 0
  let firstFailure: string | undefined

  const send = async (records: readonly NewRecord[]): Promise<void> => {
    const sent = clock.now()
    try {
      await producer.append(records)
      latencies.push(clock.now() - sent)
      written += records.length
      progress?.(written)
    } catch (error) {
      failed += records.length
      firstFailure ??= messageOf(error)
    }
  }

  const worker = async (): Promise<void> => {
    while (!signal.aborted && failed === 0) {
      const records = events.take(BATCH)
      if (records.length === 0) return
      await send(records)
    }
  }

  await Promise.all(Array.from({ length: UNDER_WAY }, worker))
  latencies.sort((a, b) => a - b)
  const elapsed = clock.now() - started
  return { written, failed, firstFailure, elapsed, latencies, retries: producer.retries ?? 0 }
}

/** The latency that this part of the batches, from 0 to 1, did not exceed; 0 where there was none. */
export const percentile = ({ latencies }: Pick<Profile, 'latencies'>, part: number): number =>
  latencies[Math.ceil(latencies.length * part) - 1] ?? 0
