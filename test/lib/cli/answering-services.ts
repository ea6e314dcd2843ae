import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ExecutionContext } from 'ava'

export const errorBody = (code: string): string =>
  `<Error><Code>${code}</Code><Message>so it is</Message></Error>`

/** A server that answers every request so, and its port. */
export async function answering(
  t: ExecutionContext,
  status: number,
  body: string,
): Promise<number> {
  const server: Server = createServer((_, response) => {
    response.writeHead(status, { 'content-type': 'application/xml' })
    response.end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return (server.address() as AddressInfo).port
}

/** A port on which nobody listens. */
export async function deadPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Variables that lead to a store there, and to a broker that is away. */
export const servicesAt = async (port: number) => ({
  KAFKA_BROKERS: `127.0.0.1:${await deadPort()}`,
  S3_BUCKET: 'events',
  S3_ENDPOINT: `http://127.0.0.1:${port}`,
})
