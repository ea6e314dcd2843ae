import { once } from 'node:events'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { messageOf, SluiceError } from '../errors.ts'
import type { Health } from './health.ts'

/** `GET /livez` while the event loop turns, and `GET /readyz` while the pipeline is at work; a plain line each. */
export const healthRoutes = (health: Health): Hono =>
  new Hono()
    .get('/livez', (context) => context.text('alive\n'))
    .get('/readyz', (context) => {
      const { ready, reason } = health.readiness
      return context.text(`${reason}\n`, ready ? 200 : 503)
    })

/**
 * Answer probes on a port of all addresses, until it is closed.
 *
 * @throws SluiceError 'config' when the port is taken or may not be used
 */
export async function serveHealth(
  health: Health,
  port: number,
): Promise<{ readonly port: number; close(): void }> {
  const server = serve({ fetch: healthRoutes(health).fetch, port, hostname: '0.0.0.0' })
  try {
    await once(server, 'listening')
  } catch (error) {
    throw new SluiceError('config', `cannot listen on --health-port ${port}: ${messageOf(error)}`)
  }
  const address = server.address()
  return {
    port: address !== null && typeof address === 'object' ? address.port : port,
    close() {
      server.close()
      if ('closeAllConnections' in server) server.closeAllConnections()
    },
  }
}
