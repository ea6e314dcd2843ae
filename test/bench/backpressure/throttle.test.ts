import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import test from 'ava'
import { startThrottle } from '../../../bench/backpressure/throttle.ts'

test('a throttle passes on what it is sent, no more than it may, and all in the end', async (t) => {
  const received: Buffer[] = []
  const server = createServer((socket) => {
    socket.on('data', (piece) => received.push(piece))
    socket.on('end', () => socket.end('thanks'))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as { port: number }
  const throttle = await startThrottle(port, 0)
  t.teardown(() => throttle.close())

  const body = Buffer.from('0123456789'.repeat(50_000))
  const client = connect(throttle.port, '127.0.0.1')
  client.end(body)
  await once(client, 'connect')
  await new Promise((resolve) => setTimeout(resolve, 100))
  t.is(throttle.passed, 0)

  throttle.rate = 1e9
  const [answer] = (await once(client, 'data')) as [Buffer]
  t.is(answer.toString(), 'thanks')
  t.deepEqual(Buffer.concat(received), body)
  t.is(throttle.passed, body.length)
})
