import { once } from 'node:events'
import { createServer } from 'node:net'

/** A TCP port of 127.0.0.1 that nothing listens on: the preferred one if it is free, else any. */
export async function freePort(preferred?: number): Promise<number> {
  if (preferred === undefined) return bind(0)
  return bind(preferred).catch(() => bind(0))
}

async function bind(port: number): Promise<number> {
  const server = createServer()
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no TCP address')
  return address.port
}
