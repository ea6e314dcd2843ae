import type { Batch, Group, GroupListener, MirrorEntry } from '../ports.ts'

/** The partitions of each of so many members, by the order of their joining. */
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

interface Position {
  /** The offset to ask for next; undefined until the first seek. */
  offset: number | undefined
  paused: boolean
}

/** The members of one group on one topic, and what they have mirrored. */
export class MemoryGroup {
  readonly topic: string
  readonly #assignment: Assignment
  readonly #partitions: () => number
  readonly #fetch: (partition: number, from: number) => Batch | undefined
  readonly #members: Member[] = []
  readonly #mirror = new Map<number, MirrorEntry>()

  constructor(
    topic: string,
    assignment: Assignment,
    partitions: () => number,
    fetch: (partition: number, from: number) => Batch | undefined,
  ) {
    this.topic = topic
    this.#assignment = assignment
    this.#partitions = partitions
    this.#fetch = fetch
  }

  async join(listener: GroupListener): Promise<Group> {
    const member = new Member(listener, this.#fetch)
    this.#members.push(member)
    this.#rebalance()
    return {
      seek: (partition, offset) => member.seek(partition, offset),
      pause: (partitions) => member.pause(partitions),
      resume: (partitions) => member.resume(partitions),
      mirror: async (entries) => {
        if (member.left) return false
        for (const entry of entries) this.#mirror.set(entry.partition, entry)
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
      const all = this.#assignment(this.#members.length, this.#partitions())
      for (const [index, member] of [...this.#members].entries()) member.assign(all[index] ?? [])
    })
  }
}

/** One reader: reads its partitions in turn, a batch at a time. */
class Member {
  left = false
  readonly #listener: GroupListener
  readonly #fetch: (partition: number, from: number) => Batch | undefined
  readonly #positions = new Map<number, Position>()
  #reading = false
  #woken = false

  constructor(
    listener: GroupListener,
    fetch: (partition: number, from: number) => Batch | undefined,
  ) {
    this.#listener = listener
    this.#fetch = fetch
  }

  assign(partitions: readonly number[]): void {
    if (this.left) return
    for (const known of this.#positions.keys())
      if (!partitions.includes(known)) this.#positions.delete(known)
    for (const partition of partitions)
      if (!this.#positions.has(partition))
        this.#positions.set(partition, { offset: undefined, paused: true })
    this.#listener.assigned(partitions)
  }

  seek(partition: number, offset: number): void {
    const position = this.#positions.get(partition)
    if (position) position.offset = offset
    this.wake()
  }

  pause(partitions: readonly number[]): void {
    for (const partition of partitions) {
      const position = this.#positions.get(partition)
      if (position) position.paused = true
    }
  }

  resume(partitions: readonly number[]): void {
    for (const partition of partitions) {
      const position = this.#positions.get(partition)
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
      for (const partition of this.#positions.keys()) {
        await streamsGoOn()
        this.#deliver(partition)
      }
    }
    this.#reading = false
  }

  #deliver(partition: number): void {
    const position = this.#positions.get(partition)
    if (this.left || !position || position.paused || position.offset === undefined) return
    try {
      const batch = this.#fetch(partition, position.offset)
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
