import type { Batch, Group, GroupListener, MirrorEntry } from '../ports.ts'
import { idOf, partitionsOf, type TopicPartition, type Topics, unionOf } from '../topics.ts'

/** Which partitions each of so many members reads: by the order of their joining, and the order of topics and numbers. */
export type Assignment = (members: number, partitions: number) => readonly (readonly number[])[]

/** In turn: every partition has one reader. */
export const shared: Assignment = (members, partitions) =>
  Array.from({ length: members }, (_, member) =>
    Array.from({ length: partitions }, (__, partition) => partition).filter(
      (partition) => partition % members === member,
    ),
  )

/** All for everyone, as when a group does not know that a member has been replaced: for tests of what the commit protocol fences. */
export const everything: Assignment = (members, partitions) =>
  Array.from({ length: members }, () => Array.from({ length: partitions }, (_, i) => i))

type Fetch = (partition: TopicPartition, from: number) => Batch | undefined

interface Position {
  readonly partition: TopicPartition
  /** The offset to ask for next; undefined until the first seek. */
  offset: number | undefined
  paused: boolean
}

/** The members of one group, and what they have mirrored. */
export class MemoryGroup {
  readonly #assignment: Assignment
  readonly #fetch: Fetch
  readonly #members: Member[] = []
  readonly #mirror = new Map<string, MirrorEntry>()

  constructor(assignment: Assignment, fetch: Fetch) {
    this.#assignment = assignment
    this.#fetch = fetch
  }

  async join(topics: Topics, listener: GroupListener): Promise<Group> {
    const member = new Member(topics, listener, this.#fetch)
    this.#members.push(member)
    this.#rebalance()
    return {
      subscribe: (more) => {
        member.topics = unionOf([member.topics, more])
        this.#rebalance()
      },
      seek: (partition, offset) => member.seek(partition, offset),
      pause: (partitions) => member.pause(partitions),
      resume: (partitions) => member.resume(partitions),
      mirror: async (entries) => {
        if (member.left) return false
        for (const entry of entries) this.#mirror.set(idOf(entry), entry)
        return true
      },
      readMirror: async () => [...this.#mirror.values()],
      leave: async () => {
        if (member.left) return
        member.left = true
        this.#members.splice(this.#members.indexOf(member), 1)
        this.#rebalance()
      },
    }
  }

  /** There may be records. */
  wake(): void {
    for (const member of this.#members) member.wake()
  }

  /** Soon, since a member has to have its group in its hands before it is told what to read. */
  #rebalance(): void {
    process.nextTick(() => {
      const topics = unionOf(this.#members.map((member) => member.topics))
      const partitions = partitionsOf(topics)
      const all = this.#assignment(this.#members.length, partitions.length)
      for (const [index, member] of [...this.#members].entries())
        member.assign(
          partitions.filter((_, at) => all[index]?.includes(at)),
          topics,
        )
    })
  }
}

/** One reader: reads its partitions in turn, a batch at a time. */
class Member {
  left = false
  topics: Topics
  readonly #listener: GroupListener
  readonly #fetch: Fetch
  readonly #positions = new Map<string, Position>()
  #reading = false
  #woken = false

  constructor(topics: Topics, listener: GroupListener, fetch: Fetch) {
    this.topics = topics
    this.#listener = listener
    this.#fetch = fetch
  }

  assign(partitions: readonly TopicPartition[], topics: Topics): void {
    if (this.left) return
    const ids = new Set(partitions.map(idOf))
    for (const known of this.#positions.keys()) if (!ids.has(known)) this.#positions.delete(known)
    for (const partition of partitions)
      if (!this.#positions.has(idOf(partition)))
        this.#positions.set(idOf(partition), { partition, offset: undefined, paused: true })
    this.#listener.assigned(partitions, topics)
  }

  seek(partition: TopicPartition, offset: number): void {
    const position = this.#positions.get(idOf(partition))
    if (position) position.offset = offset
    this.wake()
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) {
      const position = this.#positions.get(idOf(partition))
      if (position) position.paused = true
    }
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) {
      const position = this.#positions.get(idOf(partition))
      if (position) position.paused = false
    }
    this.wake()
  }

  wake(): void {
    this.#woken = true
    if (!this.#reading) void this.#read()
  }

  async #read(): Promise<void> {
    this.#reading = true
    while (this.#woken && !this.left) {
      this.#woken = false
      for (const id of this.#positions.keys()) {
        await streamsGoOn()
        this.#deliver(id)
      }
    }
    this.#reading = false
  }

  #deliver(id: string): void {
    const position = this.#positions.get(id)
    if (this.left || !position || position.paused || position.offset === undefined) return
    try {
      const batch = this.#fetch(position.partition, position.offset)
      if (!batch) return
      position.offset = batch.next
      this.#woken = true
      this.#listener.batch(batch)
    } catch (error) {
      this.left = true
      this.#listener.failed(error as Error)
    }
  }
}

const streamsGoOn = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve))
