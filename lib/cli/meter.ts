import type { Clock } from '../clock.ts'
import { type Duration, seconds } from '../duration.ts'
import type { Batch, Log } from '../ports.ts'
import { formatBytes, formatCount } from './text.ts'

/** The rate is that of the last so many ms. */
const RECENT: Duration = seconds(5)

interface Sample {
  readonly at: number
  readonly records: number
}

/** What a running pipeline has done so far, for its progress line. */
export class Meter {
  readonly #clock: Clock
  readonly #samples: Sample[] = []
  #records = 0
  readonly #next = new Map<number, number>()
  readonly #ends = new Map<number, number>()
  objects = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The same log, with everything that its groups read and every range that they ask for noted here. */
  watch(log: Log): Log {
    return {
      place: log.place,
      ranges: async (topic) => {
        const ranges = await log.ranges(topic)
        for (const { partition, high } of ranges ?? []) this.#ends.set(partition, high)
        return ranges
      },
      create: (topic, partitions) => log.create(topic, partitions),
      join: (options) => {
        const { listener } = options
        return log.join({
          ...options,
          listener: {
            assigned: (partitions) => listener.assigned(partitions),
            failed: (error) => listener.failed(error),
            batch: (batch) => {
              this.#read(batch)
              listener.batch(batch)
            },
          },
        })
      },
      producer: (topic) => log.producer(topic),
      read: (topic, partition, from, to) => log.read(topic, partition, from, to),
      close: () => log.close(),
    }
  }

  /** One line: records, rate, lag, objects, memory. */
  line(): string {
    const rate = formatCount(this.#rate())
    return [
      `${formatCount(this.#records)} records`,
      `${rate}/s`,
      `lag ${formatCount(this.#lag())}`,
      `${formatCount(this.objects)} objects`,
      formatBytes(process.memoryUsage.rss()),
    ].join('  ')
  }

  #read({ partition, next, records }: Batch): void {
    this.#records += records.length
    this.#next.set(partition, next)
    if (next > (this.#ends.get(partition) ?? 0)) this.#ends.set(partition, next)
  }

  #rate(): number {
    const now = { at: this.#clock.now(), records: this.#records }
    this.#samples.push(now)
    while (this.#samples.length > 2 && this.#samples[1]!.at <= now.at - RECENT)
      this.#samples.shift()
    const { at, records } = this.#samples[0]!
    return at === now.at ? 0 : ((now.records - records) * 1_000) / (now.at - at)
  }

  #lag(): number {
    let lag = 0
    for (const [partition, next] of this.#next) lag += (this.#ends.get(partition) ?? next) - next
    return lag
  }
}
