import { type CommitRecord, stageId } from '../commit/record.ts'
import type { Log } from '../ports.ts'
import type { RunEvents, StartedRun } from '../run/events.ts'
import { idOf, type Selection } from '../topics.ts'

/** How far a process has come, by what it tells. */
export class Progress {
  #run: StartedRun | undefined
  /** Commits of which something is to become visible yet, by stage of a lane: it has one at the most. */
  readonly #hidden = new Map<string, CommitRecord>()

  readonly events: RunEvents = {
    started: (run) => void (this.#run = run),
    committed: (record) => {
      if (record.objects.length > 0 || sends(record)) this.#hidden.set(stageId(record.lane), record)
    },
    published: ({ lane }) => void this.#hidden.delete(stageId(lane)),
    produced: (lane) => {
      // where there are objects too, `published` tells of both
      if (this.#hidden.get(stageId(lane))?.objects.length === 0) this.#hidden.delete(stageId(lane))
    },
  }

  /** The first of what these topics hold now that is not committed, or not visible; undefined where all is. */
  async missing(log: Log, topics: Selection): Promise<string | undefined> {
    const [hidden] = this.#hidden.values()
    if (hidden) return `what ${idOf(hidden.lane)} has committed cannot be seen`
    const reading = this.#run?.lanes().filter(({ name }) => name.stage === 1) ?? []
    const committed = new Map(reading.map(({ name, newest }) => [idOf(name), newest?.to]))
    for (const topic of (await log.topics(topics)).keys())
      for (const { partition, high } of (await log.ranges(topic)) ?? []) {
        const id = idOf({ topic, partition })
        const to = committed.get(id) ?? 0
        if (to < high) return `${id} is committed up to ${to}, and goes on to ${high}`
      }
    return undefined
  }
}

const sends = ({ outbox = [] }: CommitRecord): boolean => outbox.some(({ count }) => count > 0)
