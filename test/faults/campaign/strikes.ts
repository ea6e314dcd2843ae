import { randomFrom } from '../../pipelines/input.ts'
import type { FaultyProxy, Treatment } from '../../support/faulty-proxy.ts'
import { operationOf } from '../../support/s3-operation.ts'
import type { TcpProxy, Weather } from '../../support/tcp-proxy.ts'
import type { Service } from '../../../lib/services/service.ts'
import type { Crew } from './crew.ts'
import type { FaultLog } from './fault-log.ts'
import type { Ground } from './ground.ts'
import { type Member } from './member.ts'
import type { Lasting, LastingKind, Strike } from './plan.ts'
import type { Recoveries } from './recoveries.ts'
import { rest } from './rest.ts'

/** The place of a process that comes for a while; those before it are always taken. */
export const GUEST = 3

/** How often connections are broken while they are, in ms. */
const RESET_EVERY = 300

/** Who and what suffers, and who takes it down. */
export interface Battle {
  readonly ground: Ground
  readonly crew: Crew
  readonly faults: FaultLog
  readonly recoveries: Recoveries
  /** Clears everything at once. */
  readonly signal: AbortSignal
}

/** How something is done: what it is in words, and what clears it. */
interface Done {
  readonly what: string
  /** Clears it, and says how. */
  readonly clear: () => string | Promise<string>
  /** Whose lanes nobody looks after meanwhile. */
  readonly lost?: Member
  /** Nothing went on while it lasted. */
  readonly isOutage?: boolean
}

/** Do what is planned. Resolves when it is over and cleared. */
export async function strike(battle: Battle, planned: Strike): Promise<void> {
  if (planned.kind === 'kill') return kill(battle, planned.chance, planned.fault)
  const { kind, lasts } = planned
  const done = await ACTIONS[kind](battle, planned)
  if (!done) return
  const cleared = battle.faults.begin(kind, done.what)
  if (done.lost) void battle.recoveries.lost(kind, done.lost.pid)
  await rest(lasts, battle.signal)
  const how = await done.clear()
  if (done.isOutage) void battle.recoveries.back(kind)
  cleared(how)
}

/** The death itself is taken down when it is there: see `Witness`. */
function kill({ crew }: Battle, chance: number, fault: string | undefined): Promise<void> {
  const place = someone(crew, chance)
  if (place !== undefined) crew.kill(place, fault)
  return Promise.resolve()
}

/** A place where somebody is, but for the last ones. */
function someone({ members }: Crew, chance: number): number | undefined {
  const places = [...members.keys()].filter((place) => members[place])
  return places[Math.floor(chance * places.length)]
}

type Action = (battle: Battle, planned: Lasting) => Promise<Done | undefined>

const ACTIONS: Readonly<Record<LastingKind, Action>> = {
  sleep: ({ crew }, { chance }) => {
    const member = crew.members[someone(crew, chance) ?? 0]
    if (!member) return Promise.resolve(undefined)
    member.signal('SIGSTOP')
    const clear = (): string => {
      member.signal('SIGCONT')
      return member.isOver ? 'killed meanwhile' : 'SIGCONT'
    }
    return Promise.resolve({ what: `SIGSTOP of ${member.pid}`, clear, lost: member })
  },
  leave: async ({ crew }, { chance }) => {
    const place = Math.floor(chance * GUEST)
    const pid = crew.members[place]?.pid
    await crew.leave(place)
    const clear = (): string => {
      crew.come(place)
      return 'another process in its place'
    }
    return { what: `SIGTERM to ${pid}`, clear }
  },
  join: ({ crew }) => {
    crew.come(GUEST)
    const clear = async (): Promise<string> => {
      await crew.leave(GUEST)
      return 'SIGTERM to it'
    }
    return Promise.resolve({ what: 'one process more', clear })
  },
  refusals: (battle, planned) =>
    treated(battle, planned, 60, (_, random) => (random() < 0.5 ? 'fail' : 'slow down')),
  'lost answers': (battle, planned) =>
    treated(battle, planned, 40, (operation, random) =>
      operation === 'complete' ? oneOf(OF_COMPLETIONS, random) : oneOf(OF_ANSWERS, random),
    ),
  'broken requests': (battle, planned) =>
    treated(battle, planned, 40, (operation, random) =>
      WITH_BODY.has(operation) && random() < 0.5 ? 'damage' : 'reset',
    ),
  silence: (battle, planned) => treated(battle, planned, 20, () => 'silence'),
  'store far away': ({ ground }, planned) => latency(ground.storeLine, planned, 300),
  'store black hole': ({ ground }, planned) => blackHole(ground.storeLine, planned),
  'store reset': ({ ground, signal }, planned) => resets(ground.storeLine, planned, signal),
  'store killed': ({ ground }) => outage(ground.store, 'kill', 'start'),
  'store paused': ({ ground }) => outage(ground.store, 'pause', 'resume'),
  'broker far away': ({ ground }, planned) => latency(ground.brokerLine, planned, 500),
  'broker black hole': ({ ground }, planned) => blackHole(ground.brokerLine, planned),
  'broker reset': ({ ground, signal }, planned) => resets(ground.brokerLine, planned, signal),
  'broker killed': ({ ground }) => outage(ground.broker, 'kill', 'start'),
  'broker stopped': ({ ground }) => outage(ground.broker, 'stop', 'start'),
  'broker paused': ({ ground }) => outage(ground.broker, 'pause', 'resume'),
}

const OF_ANSWERS: readonly Treatment[] = ['lost answer', 'cut answer']
const OF_COMPLETIONS: readonly Treatment[] = [
  'lost answer',
  'error in answer, though done',
  'error and a line break in answer, though done',
  'empty answer',
  'cut answer',
]
const WITH_BODY = new Set(['part', 'put', 'bundle', 'record'])

type Chance = () => number

const oneOf = <T>(all: readonly T[], random: Chance): T => all[Math.floor(random() * all.length)]!

/** Some of the requests to the store suffer: up to so many in a hundred. */
function treated(
  { ground: { requests } }: Battle,
  { chance }: Lasting,
  most: number,
  treat: (operation: ReturnType<typeof operationOf>, random: Chance) => Treatment,
): Promise<Done> {
  const random = randomFrom(Math.floor(chance * 2 ** 31))
  const share = ((0.2 + 0.8 * chance) * most) / 100
  requests.treat = (asked) => (random() < share ? treat(operationOf(asked), random) : 'pass')
  return Promise.resolve({
    what: `${Math.round(share * 100)} % of all requests`,
    clear: () => fair(requests),
  })
}

function fair(requests: FaultyProxy): string {
  requests.treat = () => 'pass'
  return 'all requests pass'
}

const weather = (line: TcpProxy, sky: Weather, what: string): Promise<Done> => {
  line.weather = sky
  return Promise.resolve({
    what,
    clear: () => {
      line.weather = {}
      return 'all goes through'
    },
  })
}

const latency = (line: TcpProxy, { chance }: Lasting, most: number): Promise<Done> => {
  const ms = Math.round((0.2 + 0.8 * chance) * most)
  return weather(line, { latency: ms }, `${ms} ms a chunk`)
}

/** What was lost on the way does not come any more, so its connections have to break in the end. */
const blackHole = async (line: TcpProxy, { chance }: Lasting): Promise<Done> => {
  const swallow = chance < 0.5 ? 'requests' : 'answers'
  const { what, clear } = await weather(line, { swallow }, `${swallow} are lost`)
  return {
    what,
    isOutage: true,
    clear: async () => {
      await clear()
      line.reset()
      return 'all goes through new connections'
    },
  }
}

const resets = async (line: TcpProxy, { lasts }: Lasting, signal: AbortSignal): Promise<Done> => {
  const over = new AbortController()
  const both = AbortSignal.any([signal, over.signal])
  const again = async (): Promise<void> => {
    while (!both.aborted) {
      line.reset()
      await rest(RESET_EVERY, both)
    }
  }
  void again()
  return Promise.resolve({
    what: `all connections break every ${RESET_EVERY} ms for ${lasts} ms`,
    clear: () => {
      over.abort()
      return 'connections last'
    },
  })
}

/** How many strikes keep each service away at present. */
const outages = new Map<Service, number>()
const outagesOf = (service: Service): number => outages.get(service) ?? 0

async function outage(
  service: Service,
  away: 'kill' | 'stop' | 'pause',
  back: 'start' | 'resume',
): Promise<Done> {
  outages.set(service, outagesOf(service) + 1)
  await service[away]()
  return {
    what: `${away} of ${service.name}`,
    isOutage: true,
    clear: async () => {
      outages.set(service, outagesOf(service) - 1)
      try {
        await service[back]()
      } catch (error) {
        // another strike has taken it away while it came back, and brings it back in its turn
        if (outagesOf(service) === 0) throw error
      }
      return `${back} of ${service.name}`
    },
  }
}
