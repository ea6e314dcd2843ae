import { join } from 'node:path'
import { SYSTEM } from '../commit/chain.ts'
import { seconds } from '../duration.ts'
import { messageOf, SluiceError } from '../errors.ts'
import { within } from '../deadline.ts'
import type { KafkaSettings } from '../kafka/log.ts'
import { folderLog } from '../local/log.ts'
import { folderStore } from '../local/store.ts'
import { type Log, type ObjectStore, StoreError, type StoreFailure } from '../ports.ts'
import type { S3StoreOptions } from '../s3/client-config.ts'
import { settingsOf, type Variables } from './settings.ts'

/** The world of a command: where it reads and where it writes. */
export interface Ports {
  readonly log: Log
  readonly store: ObjectStore
  /** Folders of this machine, not Kafka and S3. */
  readonly embedded: boolean
  close(): Promise<void>
}

export interface PortsOptions {
  /** Which services are meant. The process's environment, with what `.env` adds to it, unless said otherwise. */
  readonly variables?: Variables
  /** Holds `data/log` and `data/bucket`. The current folder, unless said otherwise. */
  readonly root?: string
  /** Only look at objects, while another process may write them. Default: false. */
  readonly readOnly?: boolean
}

const LOG = join('data', 'log')
const BUCKET = join('data', 'bucket')

/** A store that has not answered by then is named, in ms. */
const ANSWERS_WITHIN = seconds(8)

/**
 * Open log and store, and prove that both answer. A broker, bucket or credential that is wrong is named within 10 seconds.
 *
 * @throws SluiceError 'config' for settings that a person has to mend, 'service' for what cannot be reached
 */
export async function openPorts(options: PortsOptions = {}): Promise<Ports> {
  const { variables = process.env, root = process.cwd(), readOnly = false } = options
  const settings = settingsOf(variables)
  if (settings.kind === 'folders') {
    const store = await folderStore(join(root, BUCKET), { readOnly })
    return portsOf(folderLog(join(root, LOG)), store, true)
  }
  const [log, store] = await bothOr(openS3(settings.s3), openKafka(settings.kafka))
  return portsOf(log, store, false)
}

/** Open the log alone. @throws SluiceError as `openPorts` */
export async function openLog({
  variables = process.env,
  root = process.cwd(),
}: PortsOptions = {}): Promise<Log> {
  const settings = settingsOf(variables)
  return settings.kind === 'folders' ? folderLog(join(root, LOG)) : openKafka(settings.kafka)
}

const portsOf = (log: Log, store: ObjectStore, embedded: boolean): Ports => ({
  log,
  store,
  embedded,
  close: async () => void (await Promise.all([log.close(), store.close()])),
})

/** Both, or the first failure with the other one closed. */
async function bothOr(
  opening: Promise<ObjectStore>,
  reaching: Promise<Log>,
): Promise<[Log, ObjectStore]> {
  const [store, log] = await Promise.allSettled([opening, reaching])
  if (store.status === 'fulfilled' && log.status === 'fulfilled') return [log.value, store.value]
  if (store.status === 'fulfilled') await store.value.close()
  if (log.status === 'fulfilled') await log.value.close()
  throw store.status === 'rejected' ? store.reason : (log as PromiseRejectedResult).reason
}

/** The clients are loaded when they are chosen: folders need neither, and the two take 45 MB. */
async function openKafka(settings: KafkaSettings): Promise<Log> {
  const { kafkaLog } = await import('../kafka/log.ts')
  return kafkaLog(settings)
}

async function openS3(options: S3StoreOptions): Promise<ObjectStore> {
  const { s3Store } = await import('../s3/client.ts')
  const store = s3Store(options)
  try {
    await within(ANSWERS_WITHIN, answer(store))
    return store
  } catch (error) {
    await store.close()
    throw unusable(error, store.place)
  }
}

/** One cheap request that needs server, bucket and credentials. */
async function answer(store: ObjectStore): Promise<void> {
  for await (const _ of store.list(SYSTEM, { limit: 1 })) return
}

/** What to look at, by what went wrong. */
const VARIABLES: Readonly<Record<StoreFailure, string>> = {
  denied: 'AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY',
  config: 'S3_BUCKET, S3_ENDPOINT, S3_REGION',
  invalid: 'S3_BUCKET, S3_ENDPOINT',
  transient: 'S3_ENDPOINT',
}

function unusable(error: unknown, place: string): SluiceError {
  const failure = error instanceof StoreError ? error.failure : 'transient'
  const what = error instanceof StoreError ? '' : `cannot use ${place}: `
  return new SluiceError(
    failure === 'transient' ? 'service' : 'config',
    `${what}${messageOf(error)} (${VARIABLES[failure]})`,
    { cause: error },
  )
}
