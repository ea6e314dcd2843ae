import type { Report } from './service.ts'

export interface Listener {
  port: number
  /** Security protocol. */
  protocol: string
  /** The port that clients are told to use, such as a proxy's; its own unless said otherwise. */
  advertised?: number
}

/** What is added to a broker's configuration. */
export interface BrokerExtras {
  /** More listeners of 127.0.0.1, by name. */
  listeners: Readonly<Record<string, Listener>>
  properties: Readonly<Record<string, string>>
  /** Its place in a cluster; by default it is alone. */
  node?: ClusterNode
}

/** One of the nodes of a cluster, each of which is broker and controller in one. */
export interface ClusterNode {
  id: number
  /** 16 bytes in base64url, the same for all nodes. */
  clusterId: string
  /** The port of each node's controller, by the node's id. */
  controllers: ReadonlyMap<number, number>
}

/** Where one service lives. */
export interface Place {
  folder: string
  port: number
  report: Report
  broker?: BrokerExtras | undefined
}

/** How one service is run, after all that it needs has been made. */
export interface Launch {
  command: string
  args: string[]
  env?: Record<string, string>
}
