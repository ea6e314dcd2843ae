import { connect, isIP } from 'node:net'
import { connect as connectTls } from 'node:tls'
import {
  type Admin,
  type Broker,
  type Cluster,
  type Consumer,
  type ISocketFactory,
  Kafka,
  logLevel,
  PartitionAssigners,
  type SASLOptions,
} from 'kafkajs'
import type { Encryption, SaslLogin } from './security.ts'

export type { Admin, Broker, Cluster, Consumer }

/**
 * The only module that imports kafkajs. Of kafkajs we use what keeps connections, metadata and the
 * membership of a group; records are encoded, fetched and decoded by us, because its consumer does
 * not tell which offset was asked for when a fetch brings no record that may be seen, and jumps
 * when an offset is out of range.
 */

/** How brokers are reached. */
export interface Connection {
  /** `host:port` each; any of them leads to the others. */
  readonly brokers: readonly string[]
  /** TLS; without it nothing is encrypted. */
  readonly encryption?: Encryption | undefined
  readonly sasl?: SaslLogin | undefined
}

export interface ClientSettings extends Connection {
  readonly clientId: string
}

const SESSION_TIMEOUT = 10_000
const HEARTBEAT_INTERVAL = 2_000
const REBALANCE_TIMEOUT = 60_000

/** How often a member looks for heartbeats that are due, and how long it takes at most to stop. */
const HEARTBEAT_CHECK = 250

/** How often new partitions are looked for. */
const METADATA_MAX_AGE = 60_000

const RETRY = { initialRetryTime: 200, maxRetryTime: 2_000, retries: 3 }

function kafka({ brokers, encryption, sasl, clientId }: ClientSettings): Kafka {
  return new Kafka({
    brokers: [...brokers],
    ...(encryption && { ssl: encryption }),
    ...(sasl && { sasl: { ...sasl } as SASLOptions }),
    clientId,
    connectionTimeout: 2_000,
    requestTimeout: 30_000,
    retry: RETRY,
    socketFactory: openSocket,
    logLevel: logLevel.NOTHING, // errors reach us as errors
  })
}

const openSocket: ISocketFactory = ({ host, port, ssl, onConnect }) => {
  const tcp = { host, port, noDelay: true, keepAlive: true }
  const socket = ssl
    ? connectTls({ ...tcp, ...ssl, ...(isIP(host) === 0 && { servername: host }) }, onConnect)
    : connect(tcp, onConnect)
  // While a broker is away, kafkajs lets go of the same dead socket again and again.
  socket.setMaxListeners(0)
  return socket
}

/**
 * Connections to the brokers and what they know of topics; not connected yet. What it lists are
 * offsets as readers of committed records see them.
 */
export function newCluster(settings: ClientSettings): Cluster {
  let cluster: Cluster | undefined
  // Only an assigner is handed the cluster, when its consumer is made.
  kafka(settings).consumer({
    groupId: 'none',
    allowAutoTopicCreation: false,
    metadataMaxAge: METADATA_MAX_AGE,
    partitionAssigners: [
      (config) => {
        cluster = config.cluster
        return PartitionAssigners.roundRobin(config)
      },
    ],
  })
  return cluster!
}

/**
 * A member of a group that heartbeats by itself; not connected yet. When it fails it asks whether
 * to begin again.
 */
export function newConsumer(
  settings: ClientSettings,
  groupId: string,
  restarts: () => Promise<boolean>,
): Consumer {
  return kafka(settings).consumer({
    groupId,
    sessionTimeout: SESSION_TIMEOUT,
    heartbeatInterval: HEARTBEAT_INTERVAL,
    rebalanceTimeout: REBALANCE_TIMEOUT,
    maxWaitTimeInMs: HEARTBEAT_CHECK,
    metadataMaxAge: METADATA_MAX_AGE,
    allowAutoTopicCreation: false,
    retry: { ...RETRY, restartOnFailure: restarts },
  })
}

export function newAdmin(settings: ClientSettings): Admin {
  return kafka(settings).admin({ retry: RETRY })
}

/** A request of Kafka's protocol in our own encoding. */
export interface Request<T> {
  readonly apiKey: number
  readonly apiVersion: number
  readonly apiName: string
  readonly body: Buffer
  readonly decode: (response: Buffer) => T
}

/** What the declared types of kafkajs 2.2.4 leave out. */
interface UndeclaredBroker {
  offsetFetch(request: {
    groupId: string
    topics: { topic: string; partitions: { partition: number }[] }[]
  }): Promise<{ responses: { partitions: StoredOffset[] }[] }>
  leaveGroup(member: { groupId: string; memberId: string }): Promise<unknown>
  connectionPool: {
    send<T>(request: {
      request: {
        apiKey: number
        apiVersion: number
        apiName: string
        encode(): Promise<{ buf: Buffer; buffer: Buffer }>
      }
      response: { decode(payload: Buffer): Promise<T>; parse(decoded: T): Promise<T> }
    }): Promise<T>
  }
}

const undeclared = (broker: Broker): UndeclaredBroker => broker as unknown as UndeclaredBroker

/** Sends one request and decodes its answer. Rejects when the connection breaks or 30 s pass. */
export async function send<T extends object>(broker: Broker, request: Request<T>): Promise<T> {
  const { body, decode, ...api } = request
  try {
    return await undeclared(broker).connectionPool.send({
      request: { ...api, encode: async () => ({ buf: body, buffer: body }) },
      response: {
        decode: async (payload: Buffer) => decode(payload),
        parse: async (data: T) => data,
      },
    })
  } catch (error) {
    if (error instanceof Error && error.name === 'KafkaJSConnectionClosedError')
      await broker.disconnect()
    throw error
  }
}

/** Takes a member out of the group that this broker coordinates. */
export async function removeMember(
  coordinator: Broker,
  groupId: string,
  memberId: string,
): Promise<void> {
  await undeclared(coordinator).leaveGroup({ groupId, memberId })
}

export interface StoredOffset {
  readonly partition: number
  /** -1 where none is stored. */
  readonly offset: string
  readonly metadata: string | null
}

/** What a group has stored for partitions of a topic. */
export async function fetchOffsets(
  coordinator: Broker,
  groupId: string,
  topic: string,
  partitions: { partition: number }[],
): Promise<StoredOffset[]> {
  const request = { groupId, topics: [{ topic, partitions }] }
  const { responses } = await undeclared(coordinator).offsetFetch(request)
  return responses.flatMap((response) => response.partitions)
}

/**
 * The name of the protocol error behind what kafkajs has thrown, such as
 * `UNKNOWN_TOPIC_OR_PARTITION`.
 */
export function errorType(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  if ('type' in error && typeof error.type === 'string') return error.type
  const behind = 'errors' in error && Array.isArray(error.errors) ? error.errors[0] : error.cause
  return errorType(behind)
}
