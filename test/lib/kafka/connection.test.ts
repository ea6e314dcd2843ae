import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { type Broker, type Request, send } from '../../../lib/kafka/client.ts'
import { newCluster } from '../../../lib/kafka/cluster.ts'

/** Asks for a text, and reads it. */
const REQUEST: Request<{ text: string }> = {
  apiKey: 1,
  apiVersion: 11,
  apiName: 'Fetch',
  body: Buffer.alloc(0),
  decode: (response) => ({ text: response.toString() }),
}

/** The number of a request follows its length, key and version. */
const numberOf = (request: Buffer): number => request.readInt32BE(8)

function answerTo(request: Buffer, text: string): Buffer {
  const head = Buffer.alloc(8)
  head.writeInt32BE(4 + text.length)
  head.writeInt32BE(numberOf(request), 4)
  return Buffer.concat([head, Buffer.from(text)])
}

/** A broker that does with each connection's first request what it is told, and a client's end of it. */
async function brokerThat(
  t: ExecutionContext,
  ...does: ((socket: Socket, request: Buffer) => void)[]
): Promise<Broker> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const act = does.shift()
    socket.on('error', () => undefined).once('data', (request) => act?.(socket, request))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const cluster = newCluster({ brokers: [`127.0.0.1:${port}`], clientId: 'test' })
  const { brokerPool, connectionPoolBuilder, rootLogger } = cluster as unknown as {
    brokerPool: { createBroker(options: unknown): Broker }
    connectionPoolBuilder: { build(): Promise<unknown> }
    rootLogger: unknown
  }
  const connectionPool = await connectionPoolBuilder.build()
  const broker = brokerPool.createBroker({ logger: rootLogger, connectionPool, nodeId: '1' })
  t.teardown(async () => {
    await broker.disconnect()
    server.close()
  })
  return broker
}

test.serial(
  'the beginning of an answer that was cut off is not taken for that of the next one',
  async (t) => {
    const broker = await brokerThat(
      t,
      (socket, request) =>
        socket.write(answerTo(request, 'the first answer').subarray(0, 12), () =>
          setImmediate(() => socket.resetAndDestroy()),
        ),
      (socket, request) => socket.write(answerTo(request, 'the second answer')),
    )
    await t.throwsAsync(send(broker, REQUEST))
    t.is((await send(broker, REQUEST)).text, 'the second answer')
  },
)

test.serial('what a connection says that was left is not heard on the next one', async (t) => {
  let first: Socket | undefined
  const broker = await brokerThat(
    t,
    (socket, request) => {
      first = socket
      socket.write(answerTo(request, 'the first answer'))
    },
    (socket, request) => {
      first?.write(answerTo(request, 'too late').subarray(0, 12))
      setTimeout(() => socket.write(answerTo(request, 'the second answer')), 50)
    },
  )
  t.is((await send(broker, REQUEST)).text, 'the first answer')
  await broker.disconnect()
  t.is((await send(broker, REQUEST)).text, 'the second answer')
})

test.serial('who asks while a connection is being made shares it', async (t) => {
  const broker = await brokerThat(t, (socket, request) => {
    // both requests may come in one piece
    const second = request.subarray(4 + request.readInt32BE(0))
    socket.write(answerTo(request, 'one'))
    if (second.length > 0) socket.write(answerTo(second, 'two'))
    else socket.once('data', (other) => socket.write(answerTo(other, 'two')))
  })
  const answers = await Promise.all([send(broker, REQUEST), send(broker, REQUEST)])
  t.deepEqual(
    answers.map(({ text }) => text),
    ['one', 'two'],
  )
})
