import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDriver, type DriverKind } from './driver.ts'
import { type Environment, environmentOf } from './environment.ts'
import { freePort } from './ports.ts'
import type { BrokerExtras } from './launch.ts'
import type { Report, Service, ServiceName } from './service.ts'

export interface StartOptions {
  /** Holds data and logs; by default a new temporary folder. */
  folder?: string
  /** By default containers where Docker and Compose answer, else processes. */
  driver?: DriverKind
  /** What is added to the broker's configuration; it then runs as a process of this machine. */
  broker?: BrokerExtras
  /** What is being built, a line at a time; by default to standard error. */
  report?: Report
}

/** Started services by name, and what belongs to all of them. */
export type Services<N extends ServiceName> = Record<N, Service> & {
  /** What a pipeline reads to find them. */
  environment: Environment
  /** Kills those that still run and deletes their data. */
  remove: () => Promise<void>
}

/**
 * Starts services on free ports of 127.0.0.1 and resolves when all answer. They end with this
 * process. The bucket that `environment` names exists in every store.
 *
 * The first use on a machine builds them, for minutes: a test run does that beforehand by
 * `prepareServices`. Rejects with a `service` error that names what is missing, or with the last
 * lines of the log of a service that does not start.
 */
export async function startServices<N extends ServiceName>(
  names: readonly N[],
  options: StartOptions = {},
): Promise<Services<N>> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'sluice-services-')))
  const report = options.report ?? console.error
  const { broker } = options
  const kind = broker ? 'processes' : options.driver
  const driver = await createDriver(kind, { folder, outlive: false, report, broker })
  const started: Service[] = []
  try {
    await driver.prepare(names)
    for (const name of names) {
      const service = driver.service({ name, port: await freePort() })
      await service.start()
      started.push(service)
    }
  } catch (error) {
    for (const service of started) await service.stop()
    if (options.folder === undefined) await driver.remove()
    throw error
  }
  const byName = Object.fromEntries(started.map((service) => [service.name, service]))
  return {
    ...(byName as Record<N, Service>),
    environment: environmentOf(started),
    remove: () => driver.remove(),
  }
}

/** Fetches and builds services, so that a later start takes seconds. */
export async function prepareServices(
  names: readonly ServiceName[],
  { driver, report = console.error }: Pick<StartOptions, 'driver' | 'report'> = {},
): Promise<void> {
  const chosen = await createDriver(driver, { folder: tmpdir(), outlive: true, report })
  await chosen.prepare(names)
}
