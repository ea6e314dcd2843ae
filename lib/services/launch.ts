import type { Report } from './service.ts'

/** What is added to a broker's configuration. */
export interface BrokerExtras {
  /** More listeners of 127.0.0.1, by name, each with its port and security protocol. */
  listeners: Readonly<Record<string, { port: number; protocol: string }>>
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
