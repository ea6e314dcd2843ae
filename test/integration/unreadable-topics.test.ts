import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { newCluster } from '../../lib/kafka/cluster.ts'
import { kafkaLog } from '../../lib/kafka/log.ts'
import { topicOn } from '../../lib/kafka/topic.ts'
import type { NewRecord } from '../../lib/ports.ts'
import { type Services, startServices } from '../../lib/services/index.ts'
import { event, kept } from '../lib/kafka/batches.ts'
import { environmentWith } from '../support/environment.ts'
import { PATIENCE } from '../support/length.ts'

const START = join(import.meta.dirname, '../../lib/cli/start.mjs')

let folder: string
let services: Services<'kafka' | 'versitygw'>

test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-unreadable-'))
  services = await startServices(['kafka', 'versitygw'], { folder, driver: 'processes' })
})

test.after.always(async () => {
  await services?.remove()
  if (folder) await rm(folder, { recursive: true, force: true })
})

/** A new topic with these batches, each compressed with gzip. */
async function newTopic(t: ExecutionContext, name: string, ...batches: NewRecord[][]) {
  const log = await kafkaLog({ brokers: [services.kafka.url] })
  await log.create(name, 1)
  await log.close()
  const cluster = newCluster({ brokers: [services.kafka.url], clientId: 'test' })
  await cluster.connect()
  const topic = topicOn(cluster, 'here', name)
  await topic.connect()
  for (const records of batches) {
    const bytes = kept(records, { offset: 0, codec: 'gzip' })
    const [written] = await topic.produce(topic.leaders().get(0)!, [{ partition: 0, bytes }])
    t.is(written?.error, 0)
  }
  await topic.close()
}

/** How a run of a topic ends. */
async function run(topic: string) {
  const env = environmentWith(services.environment)
  const words = [START, 'run', 'ecommerce', '--until-end', '--topic', topic, '--name', topic]
  return promisify(execFile)(process.execPath, words, { cwd: folder, env }).then(
    () => ({ code: 0, stderr: '' }),
    (error: { code: number; stderr: string }) => error,
  )
}

async function verify(topic: string): Promise<string> {
  const env = environmentWith(services.environment)
  const words = [START, 'verify', 'ecommerce', '--topic', topic, '--name', topic]
  return (await promisify(execFile)(process.execPath, words, { cwd: folder, env })).stdout
}

test('a batch that is damaged on the broker’s disk ends the run with one line', async (t) => {
  t.timeout(PATIENCE)
  await newTopic(t, 'damaged', [event('{}')], [event('{}'), event('{}')])
  const segment = join(folder, 'kafka', 'log', 'damaged-0', '00000000000000000000.log')
  const bytes = readFileSync(segment)
  bytes[bytes.length - 1]! ^= 1
  writeFileSync(segment, bytes)
  const { code, stderr } = await run('damaged')
  t.is(code, 1)
  t.regex(
    stderr,
    /^error: Kafka at \S+: damaged-0@1\.\.2 cannot be read: its checksum is not that of its bytes\. .*--name.*\n$/m,
  )
  t.is(stderr.match(/error/g)?.length, 1, stderr)
  // What precedes it is committed: whoever goes on after it loses nothing else.
  t.regex(await verify('damaged'), /^verified: 1 record,/m)
})

test('a batch that would fill the memory ends the run with one line', async (t) => {
  t.timeout(PATIENCE)
  await newTopic(t, 'bomb', [{ key: null, value: Buffer.alloc(65 * 1024 * 1024) }])
  const { code, stderr } = await run('bomb')
  t.is(code, 1)
  t.regex(stderr, /^error: .*bomb-0@0\.\.0 cannot be read: gzip: .* more than 67108864 bytes\. /m)
})
