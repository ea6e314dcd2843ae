import { openLog } from '../../../lib/cli/ports.ts'
import { SluiceError } from '../../../lib/errors.ts'
import type { NewRecord, Producer } from '../../../lib/ports.ts'
import { recordText } from './input.ts'
import { NAME } from './pipeline.ts'
import { rest } from './rest.ts'

/** How often records are produced, in ms. */
const TICK = 100

/** Most records of a partition at a time: if the answer is lost, all of them stand twice, and none of them may be late. */
const MOST = 500

/** Produces the input at a steady pace, and catches up when the broker was away. A batch whose answer is lost is produced again. */
export class Production {
  readonly #variables: Readonly<Record<string, string>>
  readonly #next: number[]

  /** @param next by partition, the number of its next record */
  constructor(variables: Readonly<Record<string, string>>, next: readonly number[]) {
    this.#variables = variables
    this.#next = [...next]
  }

  get produced(): number {
    return this.#next.reduce((sum, n) => sum + n, 0)
  }

  /** Produce until there are so many records in all, in so many ms or as soon as it can be done; less after the signal. */
  async run(until: number, within: number, signal: AbortSignal): Promise<void> {
    const log = await openLog({ variables: this.#variables })
    const producer = await log.producer(NAME)
    const [began, from] = [Date.now(), this.produced]
    while (!signal.aborted && this.produced < until) {
      const share = Math.min(1, (Date.now() - began + TICK) / within)
      const due = from + (until - from) * share - this.produced
      if (due >= this.#next.length) await this.#append(producer, due / this.#next.length, signal)
      else if (share === 1) await this.#append(producer, 1, signal)
      await rest(TICK, signal)
    }
    await producer.close()
    await log.close()
  }

  /** So many of each partition. */
  async #append(producer: Producer, each: number, signal: AbortSignal): Promise<void> {
    const count = Math.min(MOST, Math.floor(each))
    const records = this.#next.flatMap((next, partition) =>
      Array.from({ length: count }, (_, i): NewRecord => ({
        partition,
        key: String(next + i),
        value: recordText(partition, next + i),
      })),
    )
    // what stands in the log after the signal is found out by who goes on
    while (!(await isAppended(producer, records))) if (signal.aborted) return
    for (const partition of this.#next.keys()) this.#next[partition]! += count
  }
}

/** False where the broker was away for too long. */
async function isAppended(producer: Producer, records: readonly NewRecord[]): Promise<boolean> {
  try {
    await producer.append(records)
    return true
  } catch (error) {
    if (error instanceof SluiceError && error.code === 'service') return false
    throw error
  }
}
