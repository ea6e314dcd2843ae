import { idOf, partitionsOf, type TopicPartition, type Topics, unionOf } from '../topics.ts'

/** The partitions that a pipeline reads, one a lane, as far as its process knows: they only become more. */
export class Roster {
  #topics: Topics
  #lanes: readonly TopicPartition[]
  #ids: ReadonlySet<string>

  constructor(topics: Topics) {
    this.#topics = topics
    this.#lanes = partitionsOf(topics)
    this.#ids = new Set(this.#lanes.map(idOf))
  }

  get topics(): Topics {
    return this.#topics
  }

  /** In the order of topics and numbers; another array when there are more. */
  get lanes(): readonly TopicPartition[] {
    return this.#lanes
  }

  has(id: string): boolean {
    return this.#ids.has(id)
  }

  /** Take up what is new; says whether anything is. */
  add(topics: Topics): boolean {
    const all = unionOf([this.#topics, topics])
    const lanes = partitionsOf(all)
    if (lanes.length === this.#lanes.length) return false
    this.#topics = all
    this.#lanes = lanes
    this.#ids = new Set(lanes.map(idOf))
    return true
  }
}
