import { connect, isIP } from 'node:net'
import { connect as connectTls } from 'node:tls'
import {
  type Broker,
  type Cluster,
  type ISocketFactory,
  Kafka,
  logLevel,
  PartitionAssigners,
  type SASLOptions,
} from 'kafkajs'
import type { Encryption, SaslLogin } from './security.ts'

export type { Broker, Cluster }

/**
 * The only module that imports kafkajs. Of kafkajs we use what keeps connections and metadata, and
 * its requests; a group's membership, and fetching, are ours, because its consumer does not tell
 * which offset was asked for when a fetch brings no record that may be seen, jumps when an offset
 * is out of range, and has to leave its group to hear of a new topic.
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

/** How old what is known of a topic may get. */
const METADATA_MAX_AGE = 60_000

const REQUEST_TIMEOUT = 30_000

/**
 * Nothing is waited for longer, in ms. kafkajs gives a request up after 30 seconds by a timer of its connection, which ends with that.
 */
export const LONGEST_ANSWER = REQUEST_TIMEOUT + 5_000

const RETRY = { initialRetryTime: 200, maxRetryTime: 2_000, retries: 3 }

function kafka({ brokers, encryption, sasl, clientId }: ClientSettings): Kafka {
  return new Kafka({
    brokers: [...brokers],
    ...(encryption && { ssl: encryption }),
    ...(sasl && { sasl: { ...sasl } as SASLOptions }),
    clientId,
    connectionTimeout: 2_000,
    requestTimeout: REQUEST_TIMEOUT,
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

/** See `newCluster`. */
export function kafkajsCluster(settings: ClientSettings): Cluster {
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

/** What the declared types of kafkajs 2.2.4 leave out. */
interface UndeclaredCluster {
  findControllerBroker(): Promise<{
    createTopics(request: {
      topics: { topic: string; numPartitions: number; replicationFactor: number }[]
    }): Promise<unknown>
  }>
}

/** Makes a topic with the brokers' default number of replicas. Rejects with what `errorType` names. */
export async function createTopic(
  cluster: Cluster,
  topic: string,
  numPartitions: number,
): Promise<void> {
  const controller = await (cluster as unknown as UndeclaredCluster).findControllerBroker()
  await controller.createTopics({ topics: [{ topic, numPartitions, replicationFactor: -1 }] })
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

/** After these a connection is of no more use: it is closed, or has been silent for as long as we wait, and may have lost part of an answer. */
const DEAD: readonly string[] = ['KafkaJSConnectionClosedError', 'KafkaJSRequestTimeoutError']

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
    if (error instanceof Error && DEAD.includes(error.name)) await broker.disconnect()
    throw error
  }
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
