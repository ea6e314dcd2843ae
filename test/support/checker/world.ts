/** A record of the log, as it was fetched. */
export interface LogRecord {
  readonly partition: number
  readonly offset: number
  /** ms since the epoch; -1 where it has none. */
  readonly timestamp: number
  readonly value: Buffer | null
}

/** An object of the bucket. */
export interface BucketObject {
  readonly key: string
  readonly bytes: Buffer
}

/** Options of the pipeline that the results depend on; its defaults unless said otherwise. */
export interface Settings {
  /** ms. */
  readonly outOfOrder: number
  /** ms. */
  readonly dedupeWithin: number
  readonly dimensions: 'single' | 'joined' | 'region'
  readonly maxRecordBytes: number
  /** Most rows of one raw array. */
  readonly maxPollRecords: number
  /** Where the input of each finite run ended, by partition, for all but the last. Empty: there was one run over all of the log. */
  readonly earlierRuns: readonly (readonly number[])[]
}

export const defaults: Settings = {
  outOfOrder: 60_000,
  dedupeWithin: 3_600_000,
  dimensions: 'single',
  maxRecordBytes: 1024 ** 2,
  maxPollRecords: 10_000,
  earlierRuns: [],
}

export const HOUR = 3_600_000

const folders = new Map<number, string>()

/** `year=2025/month=03/day=17/hour=08`. */
export function hourFolder(ms: number): string {
  const hour = Math.floor(ms / HOUR)
  let folder = folders.get(hour)
  if (folder === undefined) {
    const [date = '', time = ''] = new Date(ms).toISOString().split('T')
    const [year, month, day] = date.split('-')
    folder = `year=${year}/month=${month}/day=${day}/hour=${time.slice(0, 2)}`
    folders.set(hour, folder)
  }
  return folder
}

/** What a check has to say; of a disaster the first hundred. */
export class Complaints {
  readonly #texts: string[] = []
  #more = 0

  add(text: string): void {
    if (this.#texts.length < 100) this.#texts.push(text)
    else this.#more++
  }

  get all(): string[] {
    return this.#more === 0 ? this.#texts : [...this.#texts, `… and ${this.#more} more`]
  }
}
