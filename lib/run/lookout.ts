import type { Clock } from '../clock.ts'
import { type Duration, seconds } from '../duration.ts'
import { SluiceError } from '../errors.ts'
import type { Roster } from '../lane/roster.ts'
import type { Log } from '../ports.ts'
import { type Selection, selects, showSelection, type Topics } from '../topics.ts'

/** How often the log is asked what there is to read. */
const LOOK_EVERY: Duration = seconds(20)

/** How soon it is asked again when it does not answer. */
const AGAIN: Duration = seconds(1)

export interface LookoutOptions {
  readonly wanted: Selection
  readonly log: Log
  readonly clock: Clock
}

/** Knows which topics and partitions there are to read: at the start, and as they come and go. */
export class Lookout {
  readonly #options: LookoutOptions
  #asking: Promise<unknown> = Promise.resolve()
  /** For all who have come since the log was asked last. */
  #next: Promise<Topics> | undefined
  /** What told topics from others of their names, when they were looked at first. */
  readonly #ids = new Map<string, string>()

  constructor(options: LookoutOptions) {
    this.#options = options
  }

  /**
   * What there is to read now. Where a pattern matches nothing and the run has no end, it waits until something does.
   *
   * @throws SluiceError 'config' for a topic that is not there, and for a finite run over a pattern that matches nothing
   */
  async begin(finite: boolean, signal: AbortSignal, note: (text: string) => void): Promise<Topics> {
    const { wanted, log, clock } = this.#options
    const topics = await log.topics(wanted)
    if (!(wanted instanceof RegExp)) {
      const missing = wanted.filter((topic) => !topics.has(topic))
      if (missing.length > 0) throw unknown(missing, log.place)
      return topics
    }
    if (topics.size > 0) return topics
    const nothing = `no topic at ${log.place} matches ${showSelection(wanted)}`
    if (finite) throw new SluiceError('config', `${nothing}: there is nothing to read to its end`)
    note(`${nothing} yet: waiting for one`)
    for (;;) {
      await clock.sleep(LOOK_EVERY, signal)
      const found = await this.look(signal)
      if (found.size > 0) return found
    }
  }

  /** What there is to read now, asked after the call; waits while the log is away. Who comes while it is asked for others shares the next answer. */
  look(signal: AbortSignal): Promise<Topics> {
    this.#next ??= this.#asking.then(() => {
      this.#next = undefined
      const answer = this.#ask(signal)
      this.#asking = answer.catch(() => undefined)
      return answer
    })
    return this.#next
  }

  async #ask(signal: AbortSignal): Promise<Topics> {
    const { wanted, log, clock } = this.#options
    for (;;) {
      try {
        return await log.topics(wanted)
      } catch (error) {
        if (!(error instanceof SluiceError) || error.code !== 'service') throw error
        await clock.sleep(AGAIN, signal)
      }
    }
  }

  /**
   * Look now and then, until the signal.
   *
   * @param seen told each time what there is
   * @throws SluiceError 'config' for a topic that is gone, and was at the look before too; 'log-range' for one that was made anew
   */
  async keepOn(roster: Roster, signal: AbortSignal, seen: (topics: Topics) => void): Promise<void> {
    const { wanted, log, clock } = this.#options
    let missing: readonly string[] = []
    await this.#checkIds(roster.topics)
    for (;;) {
      await clock.sleep(LOOK_EVERY, signal)
      const topics = await this.look(signal)
      const gone = [...roster.topics.keys()].filter(
        (topic) => selects(wanted, topic) && !topics.has(topic),
      )
      const surely = gone.filter((topic) => missing.includes(topic))
      if (surely.length > 0) throw deleted(surely, log.place)
      missing = gone
      await this.#checkIds(topics)
      seen(topics)
    }
  }

  /** Ids that the log does not tell now are told another time. */
  async #checkIds(topics: Topics): Promise<void> {
    const { log } = this.#options
    const ids = await log.topicIds([...topics.keys()]).catch(() => new Map<string, string>())
    for (const [topic, id] of ids) {
      const known = this.#ids.get(topic) ?? id
      if (known !== id) throw madeAnew(topic, log.place)
      this.#ids.set(topic, id)
    }
  }
}

const madeAnew = (topic: string, place: string): SluiceError =>
  new SluiceError(
    'log-range',
    `the topic ${topic} was deleted from ${place} and made anew while it was read: what was not read of the old one is lost. ` +
      `Start another instance with --name to read the new one`,
  )

const unknown = (topics: readonly string[], place: string): SluiceError =>
  new SluiceError(
    'config',
    `there is no topic ${topics.join(', ')} at ${place}: create it, or name another with --topic`,
  )

const deleted = (topics: readonly string[], place: string): SluiceError =>
  new SluiceError(
    'config',
    `the topic ${topics.join(', ')} was deleted from ${place} while it was read: what was not read of it is lost. ` +
      `Take it out of the pipeline's list, where it has one, and start again to go on without it`,
  )
