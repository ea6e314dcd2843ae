import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * Ports that no connection going out is given: those are from 32,768 on on Linux, from 49,152 on elsewhere. One of them, found free, may be in use a second
 * later, when the service that it was found for listens there.
 */
const LOWEST = 10_000
const HIGHEST = 32_767

const MOST_TRIES = 50

/** A TCP port of 127.0.0.1 that nothing listens on: the preferred one if it is free, else any. */
export async function freePort(preferred?: number): Promise<number> {
  let port = preferred
  for (let tries = 1; ; tries++) {
    port ??= randomInt(LOWEST, HIGHEST + 1)
    try {
      await bind(port)
      return port
    } catch (error) {
      if (tries === MOST_TRIES) throw error
      port = undefined
    }
  }
}

async function bind(port: number): Promise<void> {
  const server = createServer()
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  server.close()
  await once(server, 'close')
}
