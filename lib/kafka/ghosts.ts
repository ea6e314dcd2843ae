import { randomBytes } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { systemClock } from '../clock.ts'
import { startOf } from '../process-start.ts'
import type { Broker, Cluster } from './client.ts'
import { removeMember } from './coordinator.ts'

/** How often, and how long, it is looked whether we are in the group, in ms. */
const LOOK = 25
const JOINS_WITHIN = 1_000

/**
 * Ghosts are members of a group whose process has died without leaving: the group waits for them
 * until their session times out. A member's client id tells which process it is, so that the next
 * process of the same host can take them out. That is for speed alone: what a member wrongly taken
 * out loses is a rebalance.
 */

/** A process, as its client id `<host>/<boot>/<pid namespace>/<pid>/<start>/<token>` names it. */
export interface ProcessName {
  readonly host: string
  readonly boot: string
  readonly pidNamespace: string
  readonly pid: number
  /** When it was started, in clock ticks since the boot: pids are given again. */
  readonly start: string
  /** Of no other process and no other member. */
  readonly token: string
}

/**
 * This process. Where a part cannot be known (outside Linux) it is random, so that it never equals
 * another's.
 */
export function thisProcess(): ProcessName {
  const random = randomBytes(8).toString('hex')
  const known = (read: () => string | undefined) => {
    try {
      return read() ?? random
    } catch {
      return random
    }
  }
  return {
    host: hostname(),
    boot: known(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    pidNamespace: known(() => readlinkSync('/proc/self/ns/pid')),
    pid: process.pid,
    start: known(() => startOf(process.pid)),
    token: random,
  }
}

export function clientIdOf(name: ProcessName): string {
  const { host, boot, pidNamespace, pid, start, token } = name
  return [host, boot, pidNamespace, pid, start, token].join('/')
}

/** Undefined for the client ids of others. */
export function parseClientId(clientId: string): ProcessName | undefined {
  const [host, boot, pidNamespace, pid, start, token, ...more] = clientId.split('/')
  if (!host || !boot || !pidNamespace || !pid || !start || !token || more.length > 0)
    return undefined
  return /^[1-9]\d*$/.test(pid)
    ? { host, boot, pidNamespace, pid: Number(pid), start, token }
    : undefined
}

/**
 * Whether a member's process is gone for certain. Only processes of our own host are judged. Where
 * we share their pids we look; in a container, where every process is the first, another container
 * of the same name is an earlier life of ours.
 *
 * @param startOf when the process that has this pid now was started; undefined when there is none.
 */
export function isGhost(
  member: ProcessName,
  self: ProcessName,
  startOf: (pid: number) => string | undefined,
): boolean {
  if (member.host !== self.host || member.token === self.token) return false
  if (member.boot === self.boot && member.pidNamespace === self.pidNamespace)
    return startOf(member.pid) !== member.start
  return member.pid === 1 && self.pid === 1
}

interface Member {
  readonly memberId: string
  readonly clientId: string
}

/**
 * Takes the ghosts of this host out of a group, once we are in it, or after a second: a group without members that gets its first one waits for
 * more (`group.initial.rebalance.delay.ms`, 3 s by default), and one that loses all but us goes on at once. Resolves to how many there were.
 */
export async function removeGhosts(
  cluster: Cluster,
  groupId: string,
  self: ProcessName,
): Promise<number> {
  const coordinator = await cluster.findGroupCoordinator({ groupId })
  for (let waited = 0; ; waited += LOOK) {
    const members = await membersOf(coordinator, groupId)
    const ghosts = members.filter(({ clientId }) => {
      const member = parseClientId(clientId)
      return member !== undefined && isGhost(member, self, startOf)
    })
    const isIn = members.some(({ clientId }) => clientId === clientIdOf(self))
    if (ghosts.length > 0 && !isIn && waited < JOINS_WITHIN) {
      await systemClock.sleep(LOOK)
      continue
    }
    // another process of this host may be faster
    await Promise.allSettled(
      ghosts.map(({ memberId }) => removeMember(coordinator, groupId, memberId)),
    )
    return ghosts.length
  }
}

/** Who is in a group. */
export async function membersOf(coordinator: Broker, groupId: string): Promise<readonly Member[]> {
  const { groups } = (await coordinator.describeGroups({ groupIds: [groupId] })) as {
    groups: { members: Member[] }[]
  }
  return groups.flatMap(({ members }) => members)
}
