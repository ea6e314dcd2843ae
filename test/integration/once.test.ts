import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { openPorts } from '../../lib/cli/ports.ts'
import { samples } from '../pipelines/samples.ts'
import {
  commandWith,
  servedWorld,
  startNode,
  succeeds,
  textsUnder,
  type World,
} from './commands.ts'
import { PATIENCE } from '../support/length.ts'

const LOADER = new URL('../faults/failpoints/loader.ts', import.meta.url).href
const START = fileURLToPath(new URL('../../lib/cli/start.mjs', import.meta.url))

/** Append lines to a topic, keyed by a field of theirs. */
async function produce(
  t: ExecutionContext,
  world: World,
  topic: string,
  key: string,
  ...lines: string[]
): Promise<void> {
  const words = ['produce', '--topic', topic, '--key', key]
  const { code, output } = await commandWith(world, lines.join('\n'), ...words)
  t.is(code, 0, output)
}

/** Run a pipeline until it has committed and is about to publish, and kill it there. */
async function killBeforePublishing(
  t: ExecutionContext,
  world: World,
  pipeline: string,
): Promise<void> {
  const environment = { ...world.environment, FAULT: 'publish.pre@1:kill' }
  const argv = [`--import=${LOADER}`, START, 'run', pipeline, '--commit-every', '1s']
  const { over, output } = startNode({ ...world, environment }, argv)
  await over
  t.regex(output(), /failpoint publish\.pre@1/)
}

/** Put and delete objects as somebody else does. */
async function meddle(world: World, puts: Readonly<Record<string, string>>, deletes: string[]) {
  const ports = await openPorts({ variables: world.environment, root: world.folder })
  for (const [key, text] of Object.entries(puts)) await ports.store.put(key, Buffer.from(text))
  await ports.store.delete(deletes)
  await ports.close()
}

/** Keys and texts of the objects under a prefix. */
const contents = async (world: World, prefix: string): Promise<Record<string, string>> =>
  Object.fromEntries(await textsUnder(world, prefix))

const FOREIGN = 'not written by sluice'

test('on Kafka and versitygw, a name that somebody has is left alone, and what is killed before it is visible, or late, lies beside what is there', async (t) => {
  t.timeout(PATIENCE)
  const world = await servedWorld(t)

  const second = (time: string): string => `activity/30-13-15-11-2014/abc123-2014-11-15-13-${time}`
  const taken = { [`${second('33-10')}.txt`]: FOREIGN, 'orders/12345/order_data.json': FOREIGN }
  await meddle(world, taken, [])

  await succeeds(t, world, 'produce', 'activity')
  await killBeforePublishing(t, world, 'activity')
  const row = (ms: number, activity: string): string =>
    JSON.stringify({ CustomerId: 'abc123', DateUnixMs: ms, Activity: activity, DurationMs: 1 })
  await produce(t, world, 'activity', 'CustomerId', row(1416058363400, 'late'))
  await succeeds(t, world, 'run', 'activity', '--until-end')
  const files = await contents(world, second(''))
  t.deepEqual(files, {
    [`${second('32-43')}.late-1.txt`]: 'abc123,1416058363900,leave,60\n',
    [`${second('32-43')}.late-2.txt`]: 'abc123,1416058363400,late,1\n',
    [`${second('32-43')}.txt`]:
      'abc123,1416058363000,search,1840\nabc123,1416058363250,view,2310\nabc123,1416058363650,view,5120\n',
    [`${second('33-10')}.late-1.txt`]: 'abc123,1416058390000,add to basket,730\n',
    [`${second('33-10')}.txt`]: FOREIGN,
    [`${second('59-59')}.txt`]: 'abc123,1416059999999,buy,43253\n',
  })

  const orders = samples('orders')
  await succeeds(t, world, 'produce', 'orders')
  await killBeforePublishing(t, world, 'orders')
  const later = JSON.stringify({ orderId: '12345', customerId: 'c1', at: 1732180000000, total: 1 })
  await produce(t, world, 'orders', 'orderId', later)
  await succeeds(t, world, 'run', 'orders', '--until-end')
  t.deepEqual(await contents(world, 'orders/12345/'), {
    'orders/12345/order_data.2.json': `${orders[0]}\n`,
    'orders/12345/order_data.3.json': `${orders[2]}\n`,
    'orders/12345/order_data.4.json': `${orders[5]}\n`,
    'orders/12345/order_data.5.json': `${later}\n`,
    'orders/12345/order_data.json': FOREIGN,
  })

  await meddle(world, {}, Object.keys(taken))
  for (const pipeline of ['activity', 'orders'])
    await succeeds(t, world, 'verify', pipeline, '--replay')
})
