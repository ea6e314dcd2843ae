import { containers, containersWork } from './containers.ts'
import type { BrokerExtras } from './launch.ts'
import { processes } from './processes.ts'
import type { Driver, Report } from './service.ts'

export type DriverKind = Driver['kind']

export interface DriverOptions {
  /** Holds one folder a service, with its data and its log. */
  folder: string
  /** Whether services go on when this process ends. */
  outlive: boolean
  report: Report
  /** Only for brokers that run as processes. */
  broker?: BrokerExtras | undefined
}

/** The driver of that kind; by default containers where Docker and Compose answer, else processes. */
export async function createDriver(
  kind: DriverKind | undefined,
  options: DriverOptions,
): Promise<Driver> {
  const chosen = kind ?? ((await containersWork()) ? 'containers' : 'processes')
  return chosen === 'containers' ? containers(options) : processes(options)
}
