import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { newCluster } from '../../../lib/kafka/cluster.ts'
import { virtualClock } from '../../../lib/testing.ts'

/** A broker that takes connections and never answers. */
async function hungBroker(t: ExecutionContext): Promise<{ server: Server; address: string }> {
  const server = createServer((socket) => socket.resume().on('error', () => undefined))
  t.teardown(() => server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, address: `127.0.0.1:${(server.address() as AddressInfo).port}` }
}

test('a broker that takes connections and answers nothing is hung up on, and the next one tried', async (t) => {
  const clock = virtualClock()
  const [first, second] = [await hungBroker(t), await hungBroker(t)]
  const brokers = [first.address, second.address]
  const cluster = newCluster({ brokers, clientId: 'test' }, clock)
  cluster.connect().catch(() => undefined)
  t.teardown(() => cluster.disconnect())
  const [socket] = (await once(first.server, 'connection')) as [Socket]
  await once(socket, 'data')
  const hungUp = once(socket, 'close')
  const goesOn = once(second.server, 'connection')
  await clock.advance(5_000)
  await hungUp
  const [next] = (await goesOn) as [Socket]
  await once(next, 'data')
  await clock.advance(5_000)
  t.true(socket.closed)
})
