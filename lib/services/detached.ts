import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SluiceError } from '../errors.ts'
import { createDriver, type DriverKind } from './driver.ts'
import { withBlock, withoutBlock } from './env-file.ts'
import { environmentOf } from './environment.ts'
import { freePort } from './ports.ts'
import type { Driver, Report, Service, ServiceName, ServiceState, StoreName } from './service.ts'

/** What is kept in `data/services/state.json` between `npm run services` and its `stop`. */
interface State {
  driver: DriverKind
  services: ServiceState[]
}

export interface DetachedOptions {
  /** The folder that holds `.env` and `data/services`. */
  root: string
  report: Report
}

export interface DetachedStartOptions extends DetachedOptions {
  /** By default the one that runs already, else versitygw. */
  store?: StoreName | undefined
  /** By default the one that runs already, else containers where they work. */
  driver?: DriverKind | undefined
}

/** A service, and whether it was running before it was asked for. */
export interface Found {
  service: Service
  wasRunning: boolean
}

const usualPorts: Record<ServiceName, number> = { kafka: 9092, versitygw: 7070, minio: 9000 }

/**
 * Starts a broker and a store that go on after this process, on their usual ports where these are
 * free, and writes into `.env` how they are reached. What runs already is left as it is. If one of
 * them fails to start, those that this call has started are ended again.
 */
export async function startDetached(options: DetachedStartOptions): Promise<Found[]> {
  const earlier = await readState(options.root)
  const store = chooseStore(options.store, earlier)
  if (options.driver && earlier && options.driver !== earlier.driver)
    throw stopFirst(`the services were started as ${earlier.driver}`)
  const driver = await detachedDriver(options.driver ?? earlier?.driver, options)
  const names: ServiceName[] = ['kafka', store]
  const found: Found[] = []
  await driver.prepare(names)
  try {
    for (const name of names) {
      found.push(
        await startOne(
          driver,
          name,
          earlier?.services.find((known) => known.name === name),
        ),
      )
    }
  } catch (error) {
    for (const { service, wasRunning } of found) if (!wasRunning) await service.stop()
    throw error
  }
  const services = found.map(({ service }) => service)
  await writeState(options.root, {
    driver: driver.kind,
    services: services.map((service) => service.state()),
  })
  await editEnvFile(options.root, (text) => withBlock(text, environmentOf(services)))
  return found
}

/** Ends exactly the services that were started here, and takes our lines out of `.env`. Their data stays. */
export async function stopDetached(options: DetachedOptions): Promise<Found[]> {
  const found = await findDetached(options)
  for (const { service } of found) await service.stop()
  await rm(stateFile(options.root), { force: true })
  await editEnvFile(options.root, withoutBlock)
  return found
}

/** The services that were started here and not ended since, whether or not they still run. */
export async function findDetached(options: DetachedOptions): Promise<Found[]> {
  const state = await readState(options.root)
  if (state === undefined) return []
  const driver = await detachedDriver(state.driver, options)
  const services = state.services.map((known) => driver.service(known))
  return Promise.all(
    services.map(async (service) => ({ service, wasRunning: await service.running() })),
  )
}

async function startOne(
  driver: Driver,
  name: ServiceName,
  known: ServiceState | undefined,
): Promise<Found> {
  if (known !== undefined) {
    const service = driver.service(known)
    if (await service.running()) return { service, wasRunning: true }
  }
  const service = driver.service({ name, port: await freePort(known?.port ?? usualPorts[name]) })
  await service.start()
  return { service, wasRunning: false }
}

function chooseStore(wanted: StoreName | undefined, earlier: State | undefined): StoreName {
  const known = earlier?.services.find(({ name }) => name !== 'kafka')?.name as
    StoreName | undefined
  if (wanted !== undefined && known !== undefined && wanted !== known)
    throw stopFirst(`the store that was started is ${known}`)
  return wanted ?? known ?? 'versitygw'
}

function stopFirst(what: string): SluiceError {
  return new SluiceError('config', `${what}: end it first with \`npm run services -- stop\``)
}

function detachedDriver(
  kind: DriverKind | undefined,
  { root, report }: DetachedOptions,
): Promise<Driver> {
  return createDriver(kind, { folder: servicesFolder(root), outlive: true, report })
}

function servicesFolder(root: string): string {
  return join(root, 'data', 'services')
}

function stateFile(root: string): string {
  return join(servicesFolder(root), 'state.json')
}

async function readState(root: string): Promise<State | undefined> {
  const text = await readIfThere(stateFile(root))
  return text === undefined ? undefined : (JSON.parse(text) as State)
}

async function writeState(root: string, state: State): Promise<void> {
  await mkdir(servicesFolder(root), { recursive: true })
  await writeFile(stateFile(root), `${JSON.stringify(state, null, 2)}\n`)
}

/** A file that is left without a line is removed. */
async function editEnvFile(root: string, edit: (text: string) => string): Promise<void> {
  const file = join(root, '.env')
  const text = edit((await readIfThere(file)) ?? '')
  await (text === '' ? rm(file, { force: true }) : writeFile(file, text))
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
