import { join } from 'node:path'
import { SluiceError } from '../errors.ts'
import type { Batch, Group, JoinOptions, Log, PartitionRange, Producer } from '../ports.ts'
import { type Selection, showSelection, type Topics } from '../topics.ts'
import { fileNames, SIDECAR } from './file-name.ts'
import { FolderGroup, type OpenTopic } from './group.ts'
import { type Lock, takeLock } from './lock.ts'
import { logFailure } from './log-failure.ts'
import { Mirror } from './mirror.ts'
import { PartitionReader } from './partition-reader.ts'
import { openProducer } from './producer.ts'
import {
  createTopic,
  findTopic,
  findTopicIds,
  findTopics,
  partitionFolder,
  requireTopic,
  type Topic,
  topicAt,
} from './topic.ts'
import { Turns } from './turns.ts'

/**
 * A folder as a log: a folder a topic, in it one a partition with the records in segment files. Groups of one process at a time may read
 * it, with all partitions for each, and one process at a time write to a topic; `ranges` and `read` may always look on. Nothing is
 * opened or made before it is asked for.
 */
export const folderLog = (root: string): Log => new FolderLog(root)

class FolderLog implements Log {
  readonly place: string
  /** Readers that only look at ranges, and remember how far they have looked. */
  readonly #lookers = new Map<string, readonly PartitionReader[]>()
  readonly #turns = new Turns()
  readonly #groups = new Set<Group>()
  readonly #producers = new Set<Producer>()
  #lock: Lock | undefined

  constructor(root: string) {
    this.place = root
  }

  topics(wanted: Selection): Promise<Topics> {
    return this.#inTurn('ranges', showSelection(wanted), async () => {
      const found = await findTopics(this.place, wanted)
      return new Map(found.map(({ name, partitions }) => [name, partitions]))
    })
  }

  ranges(topic: string): Promise<PartitionRange[] | undefined> {
    return this.#inTurn('ranges', topic, async () => {
      const lookers = this.#lookers.get(topic) ?? readersOf(await findTopic(this.place, topic))
      if (lookers.length === 0) return undefined
      this.#lookers.set(topic, lookers)
      return Promise.all(
        lookers.map(async (looker, partition) => ({ partition, ...(await looker.range()) })),
      )
    })
  }

  topicIds(topics: readonly string[]): Promise<ReadonlyMap<string, string>> {
    return this.#inTurn('ranges', topics.join(', '), () => findTopicIds(this.place, topics))
  }

  create(topic: string, partitions: number): Promise<void> {
    return this.#inTurn('topics', topic, () => createTopic(this.place, topic, partitions))
  }

  join({ topics, group, pollTimeout, listener }: JoinOptions): Promise<Group> {
    const names = [...topics.keys()]
    return this.#inTurn('groups', names.join(', '), async () => {
      for (const name of names) await requireTopic(this.place, name)
      this.#lock ??= await takeLock(join(this.place, SIDECAR, 'group'), (pid) =>
        inUse(this.place, pid),
      )
      const member = new FolderGroup({
        place: this.place,
        topics,
        open: (name, partitions) => this.#open(group, topicAt(this.place, name, partitions)),
        pollTimeout,
        listener,
        onLeft: () => this.#forget(member),
      })
      this.#groups.add(member)
      return member
    })
  }

  producer(topic: string): Promise<Producer> {
    return this.#inTurn('topics', topic, async () => {
      const producer = await openProducer(await requireTopic(this.place, topic))
      this.#producers.add(producer)
      return producer
    })
  }

  async *read(name: string, partition: number, from: number, to: number): AsyncGenerator<Batch> {
    const topic = await requireTopic(this.place, name)
    const folder = partitionFolder(topic, partition)
    const reader = new PartitionReader(name, partition, folder)
    try {
      let cursor = await reader.find(from)
      while (cursor.from < to) {
        const read = await reader.read(cursor)
        if (read === undefined)
          throw new SluiceError(
            'log-range',
            `Cannot read from ${folder}: there is no offset ${cursor.from} yet`,
          )
        yield upTo(to, read.batch)
        cursor = read.cursor
      }
    } catch (error) {
      throw logFailure(`Cannot read from ${folder}`, error)
    } finally {
      await reader.close()
    }
  }

  async close(): Promise<void> {
    for (const group of this.#groups) await group.leave()
    for (const producer of this.#producers) await producer.close()
    for (const looker of [...this.#lookers.values()].flat()) await looker.close()
  }

  #open(group: string, topic: Topic): OpenTopic {
    return {
      readers: readersOf(topic),
      mirror: new Mirror(
        topic.name,
        join(topic.folder, 'groups', `${portable.nameOf(group)}.json`),
      ),
    }
  }

  /** Give up the folder with the last group. */
  #forget(group: Group): Promise<void> {
    return this.#turns.take('groups', async () => {
      this.#groups.delete(group)
      if (this.#groups.size > 0) return
      await this.#lock?.release()
      this.#lock = undefined
    })
  }

  /** One after the other for each kind of thing. */
  #inTurn<T>(kind: string, topic: string, action: () => Promise<T>): Promise<T> {
    return this.#turns.take(kind, async () => {
      try {
        return await action()
      } catch (error) {
        throw logFailure(`Cannot use topic ${topic} in ${this.place}`, error)
      }
    })
  }
}

/** Names of files on any disk. */
const portable = fileNames(true)

const inUse = (place: string, pid: string): SluiceError =>
  new SluiceError(
    'config',
    `Log folder ${place} is in use by process ${pid}: one pipeline process reads from a folder. Stop that one, or give this one another folder`,
  )

const readersOf = (topic: Topic | undefined): PartitionReader[] =>
  topic === undefined
    ? []
    : Array.from(
        { length: topic.partitions },
        (_, partition) =>
          new PartitionReader(topic.name, partition, partitionFolder(topic, partition)),
      )

const upTo = (to: number, batch: Batch): Batch =>
  batch.next <= to
    ? batch
    : { ...batch, next: to, records: batch.records.filter(({ offset }) => offset < to) }
