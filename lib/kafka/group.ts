import { systemClock } from '../clock.ts'
import { within } from '../deadline.ts'
import { messageOf, SluiceError } from '../errors.ts'
import type { Group, JoinOptions } from '../ports.ts'
import { partitionsOf, unionOf } from '../topics.ts'
import type { Assignment } from './assignment.ts'
import type { Connection } from './client.ts'
import { newCluster } from './cluster.ts'
import { fetchOffsets } from './coordinator.ts'
import { clientIdOf, removeGhosts, thisProcess } from './ghosts.ts'
import { joinMembership } from './membership.ts'
import { Readers } from './readers.ts'

const GHOSTS_WITHIN = 5_000

/** How soon a topic that was assigned and is not to be found is looked for again. */
const LOOK_AGAIN = 1_000

export interface GroupOptions extends JoinOptions {
  readonly connection: Connection
  /** For messages: `Kafka at host:port`. */
  readonly place: string
}

/**
 * Joins a group, and takes the ghosts of this host out of it. The listener is told its first
 * assignment after this has resolved. Partitions that are kept over a rebalance go on where they
 * were, and are read on during it. Rejects with a `SluiceError`: `config` when a topic is not
 * there, `service` when the brokers do not answer or the group refuses us.
 */
export async function joinGroup(options: GroupOptions): Promise<Group> {
  const { group, listener } = options
  const self = thisProcess()
  const client = { ...options.connection, clientId: clientIdOf(self) }
  const cluster = newCluster(client)
  const readers = new Readers({ ...options, client })
  let known = options.topics
  let newest: Assignment | undefined
  let isTelling = true
  let hasLeft = false

  const assigned = (assignment: Assignment): void => {
    newest = assignment
    known = unionOf([known, assignment.topics])
    if (!isTelling) void tell()
  }

  /** One assignment after the other: the topics that it is about have to be open first. */
  const tell = async (): Promise<void> => {
    isTelling = true
    for (let told: Assignment | undefined; newest && newest !== told && !hasLeft;) {
      const assignment = newest
      const read = await readers.assign(assignment.partitions)
      if (hasLeft) return
      listener.assigned(read, assignment.topics)
      if (read.length === assignment.partitions.length) told = assignment
      else await systemClock.sleep(LOOK_AGAIN)
    }
    isTelling = false
  }

  const join = async () => {
    await Promise.all(Array.from(options.topics.keys(), (topic) => readers.open(topic)))
    await cluster.connect()
    // Without it the group waits for the sessions of its ghosts to end: slower, not wrong.
    void within(GHOSTS_WITHIN, removeGhosts(cluster, group, self)).catch(() => {})
    return joinMembership({
      ...options,
      cluster: newCluster(client),
      assigned,
      failed: (error) => listener.failed(error),
    })
  }
  const close = () => Promise.all([readers.close(), cluster.disconnect()])
  const membership = await join().catch(async (error: unknown) => {
    await close()
    throw error instanceof SluiceError ? error : trouble(options, error)
  })

  // Whoever is told of an assignment must have the group at hand, to seek in it.
  void systemClock.sleep(0).then(tell)

  return {
    subscribe: (topics) => membership.subscribe(topics),
    seek: (partition, offset) => readers.seek(partition, offset),
    pause: (partitions) => readers.pause(partitions),
    resume: (partitions) => readers.resume(partitions),
    mirror: (entries) => membership.mirror(entries),
    async readMirror() {
      try {
        const coordinator = await cluster.findGroupCoordinator({ groupId: group })
        return await fetchOffsets(coordinator, group, partitionsOf(known))
      } catch (error) {
        throw trouble(options, error)
      }
    },
    async leave() {
      hasLeft = true
      await Promise.all([membership.leave(), close()])
    },
  }
}

function trouble({ place, group }: GroupOptions, error: unknown): SluiceError {
  const message = `${place}: group "${group}": ${messageOf(error)}`
  return new SluiceError('service', message, { cause: error })
}
