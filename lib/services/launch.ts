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
