import { once } from 'node:events'
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { becomesHealthy, kafkaAnswers, storeAnswers } from '../../../lib/services/health.ts'
import { freePort } from '../../../lib/services/ports.ts'

async function listen(t: ExecutionContext, server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function httpUrl(t: ExecutionContext, listener: RequestListener): Promise<string> {
  return `http://${await listen(t, createHttpServer(listener))}`
}

async function brokerUrl(t: ExecutionContext, respond: (socket: Socket) => void): Promise<string> {
  return listen(
    t,
    createServer((socket) => socket.once('data', () => respond(socket))),
  )
}

function metadata(brokers: number): Buffer {
  const response = Buffer.alloc(12)
  response.writeInt32BE(8, 0)
  response.writeInt32BE(1, 4)
  response.writeInt32BE(brokers, 8)
  return response
}

test('where nothing listens, neither a broker nor a store answers', async (t) => {
  const address = `127.0.0.1:${await freePort()}`
  t.false(await kafkaAnswers(address))
  t.false(await storeAnswers(`http://${address}`))
})

test('a store that refuses an unsigned request is healthy', async (t) => {
  t.true(await storeAnswers(await httpUrl(t, (_, response) => response.writeHead(403).end())))
})

test('a store that is not ready yet is not healthy', async (t) => {
  t.false(await storeAnswers(await httpUrl(t, (_, response) => response.writeHead(503).end())))
})

test('a broker is healthy once it lists a live broker', async (t) => {
  t.true(await kafkaAnswers(await brokerUrl(t, (socket) => socket.end(metadata(1)))))
  t.false(await kafkaAnswers(await brokerUrl(t, (socket) => socket.end(metadata(0)))))
})

test('a broker that closes the connection is not healthy', async (t) => {
  t.false(await kafkaAnswers(await brokerUrl(t, (socket) => socket.destroy())))
})

test('waiting for health ends at once where the service has ended', async (t) => {
  const url = await httpUrl(t, (_, response) => response.writeHead(503).end())
  const ended = { name: 'versitygw', url, running: async () => false } as const
  t.false(await becomesHealthy(ended, Infinity))
})

test('waiting for health goes on until the service is ready', async (t) => {
  let requests = 0
  const url = await httpUrl(t, (_, response) => {
    requests += 1
    response.writeHead(requests < 3 ? 503 : 200).end()
  })
  t.true(await becomesHealthy({ name: 'minio', url, running: async () => true }, Infinity))
})
