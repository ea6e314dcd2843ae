import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { artifactFolder } from './artifacts.ts'
import { freePort } from './ports.ts'
import type { BrokerExtras, ClusterNode, Launch, Listener, Place } from './launch.ts'

/** Heap of a node that is alone, and of one among others: these share a machine. */
const ALONE = ['-Xms256m', '-Xmx512m']
const AMONG_OTHERS = ['-Xms64m', '-Xmx192m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']

/**
 * How to run a Kafka node, broker and controller in one, over the log in its folder. The log is
 * made on first use.
 */
export async function kafkaLaunch({ folder, port, report, broker }: Place): Promise<Launch> {
  const jars = await artifactFolder('kafka', report)
  const logFolder = join(folder, 'log')
  const properties = join(folder, 'server.properties')
  const logging = join(folder, 'log4j2.properties')
  const node = broker?.node ?? (await loneNode())
  await writeFile(properties, serverProperties({ port, logFolder, ...broker, node }))
  await writeFile(logging, loggingProperties)
  const java = (main: string, ...args: string[]) => [
    ...(broker?.node ? AMONG_OTHERS : ALONE),
    `-Dlog4j2.configurationFile=${logging}`,
    '-cp',
    join(jars, '*'),
    main,
    ...args,
  ]
  if (!existsSync(join(logFolder, 'meta.properties'))) {
    const clusterId = `--cluster-id=${node.clusterId}`
    const format = java('kafka.tools.StorageTool', 'format', clusterId, '--config', properties)
    await promisify(execFile)('java', format)
  }
  return {
    command: 'java',
    args: java('kafka.Kafka', properties),
  }
}

async function loneNode(): Promise<ClusterNode> {
  return { id: 1, clusterId: newClusterId(), controllers: new Map([[1, await freePort()]]) }
}

export const newClusterId = (): string => randomBytes(16).toString('base64url')

interface ServerOptions extends Partial<Omit<BrokerExtras, 'node'>> {
  port: number
  logFolder: string
  node: Pick<ClusterNode, 'id' | 'controllers'>
}

/** The configuration of a node that clients of this machine reach on `port`. */
export function serverProperties(options: ServerOptions): string {
  const { port, logFolder, node, listeners = {} } = options
  const plain: Listener = { port, protocol: 'PLAINTEXT' }
  const all = Object.entries({ PLAINTEXT: plain, ...listeners })
  const addresses = all.map(([name, listener]) => `${name}://127.0.0.1:${listener.port}`)
  const advertised = all.map(
    ([name, listener]) => `${name}://127.0.0.1:${listener.advertised ?? listener.port}`,
  )
  const protocols = all.map(([name, { protocol }]) => `${name}:${protocol}`)
  const voters = Array.from(node.controllers, ([id, voter]) => `${id}@127.0.0.1:${voter}`)
  const properties = {
    'process.roles': 'broker,controller',
    'node.id': node.id,
    'controller.quorum.voters': voters.join(),
    listeners: [...addresses, `CONTROLLER://127.0.0.1:${node.controllers.get(node.id)}`].join(),
    'advertised.listeners': advertised.join(),
    'listener.security.protocol.map': [...protocols, 'CONTROLLER:PLAINTEXT'].join(),
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': logFolder.replaceAll('\\', '\\\\'),
    'auto.create.topics.enable': false,
    'group.initial.rebalance.delay.ms': 0,
    // After a kill the node is let in again only when the session of its former life has run out.
    'broker.session.timeout.ms': 3_000,
    'broker.heartbeat.interval.ms': 500,
    // Kafka's defaults are for three nodes; one node with 50 internal partitions only starts later.
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    ...options.properties,
  }
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

const loggingProperties = `status = warn
shutdownHook = disable
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d %p %m (%c)%n
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
`
