import { systemClock } from '../clock.ts'
import { messageOf, SluiceError } from '../errors.ts'
import type { Group, JoinOptions, MirrorEntry } from '../ports.ts'
import { type Cluster, type Connection, fetchOffsets, newCluster } from './client.ts'
import { within } from '../deadline.ts'
import { clientIdOf, removeGhosts, thisProcess } from './ghosts.ts'
import { joinMembership } from './membership.ts'
import { startReader } from './reader.ts'
import { type Topic, topicOn } from './topic.ts'

const GHOSTS_WITHIN = 5_000

export interface GroupOptions extends JoinOptions {
  readonly connection: Connection
  /** For messages: `Kafka at host:port`. */
  readonly place: string
}

/**
 * Joins a group, after taking the ghosts of this host out of it. The listener is told its first
 * assignment after this has resolved. Partitions that are kept over a rebalance go on where they
 * were, and are read on during it. Rejects with a `SluiceError`: `config` when there is no such
 * topic, `service` when the brokers do not answer or the group refuses us.
 */
export async function joinGroup(options: GroupOptions): Promise<Group> {
  const { place, group, listener } = options
  const self = thisProcess()
  const client = { ...options.connection, clientId: clientIdOf(self) }
  const cluster = newCluster(client)
  const topic = topicOn(cluster, place, options.topic)
  const reader = startReader({
    topic,
    pollTimeout: options.pollTimeout,
    deliver: (batch) => listener.batch(batch),
    failed: (error) => listener.failed(error),
  })

  let first: readonly number[] | undefined
  let isOpen = false
  const assigned = (partitions: readonly number[]): void => {
    if (!isOpen) {
      first = partitions
      return
    }
    reader.assign(partitions)
    listener.assigned(partitions)
  }

  const join = async () => {
    await topic.connect()
    // Else the group waits for the sessions of its ghosts to end: slower, not wrong.
    await within(GHOSTS_WITHIN, removeGhosts(cluster, group, self)).catch(() => {})
    return joinMembership({
      ...client,
      ...options,
      topic: topic.name,
      assigned,
      failed: (error) => listener.failed(error),
    })
  }
  const membership = await join().catch(async (error: unknown) => {
    await topic.close()
    throw error instanceof SluiceError ? error : trouble(options, error)
  })

  // Whoever is told of an assignment must have the group at hand, to seek in it.
  void systemClock.sleep(0).then(() => {
    isOpen = true
    if (first) assigned(first)
  })

  return {
    seek: (partition, offset) => reader.seek(partition, offset),
    pause: (partitions) => reader.pause(partitions),
    resume: (partitions) => reader.resume(partitions),
    mirror: (entries) => membership.mirror(entries),
    readMirror: () =>
      fetchMirror(cluster, group, topic).catch((error: unknown) => {
        throw trouble(options, error)
      }),
    async leave() {
      first = undefined
      reader.stop()
      await Promise.all([membership.leave(), topic.close()])
    },
  }
}

async function fetchMirror(cluster: Cluster, group: string, topic: Topic): Promise<MirrorEntry[]> {
  const coordinator = await cluster.findGroupCoordinator({ groupId: group })
  const partitions = Array.from(topic.leaders().keys(), (partition) => ({ partition }))
  const stored = await fetchOffsets(coordinator, group, topic.name, partitions)
  return stored
    .map(({ partition, offset, metadata }) => ({
      partition,
      offset: Number(offset),
      metadata: metadata ?? '',
    }))
    .filter(({ offset }) => offset >= 0)
    .sort((a, b) => a.partition - b.partition)
}

function trouble({ place, group }: GroupOptions, error: unknown): SluiceError {
  const message = `${place}: group "${group}": ${messageOf(error)}`
  return new SluiceError('service', message, { cause: error })
}
