import { once } from 'node:events'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { messageOf, SluiceError } from '../errors.ts'
import type { Health } from './health.ts'
import type { Metrics } from './metrics/metrics.ts'

/** Who knows whether a pipeline is at work: one process, or several together. */
export type Ready = Pick<Health, 'readiness'>

/** Who has numbers for Prometheus. */
export type Numbers = Pick<Metrics, 'text' | 'contentType'>

/** `GET /livez` while the event loop turns, `GET /readyz` while the pipeline is at work, a plain line each; and `GET /metrics` for Prometheus. */
export const healthRoutes = (health: Ready, metrics: Numbers): Hono =>
  new Hono()
    .get('/livez', (context) => context.text('alive\n'))
    .get('/readyz', (context) => {
      const { ready, reason } = health.readiness
      return context.text(`${reason}\n`, ready ? 200 : 503)
    })
    .get('/metrics', async (context) =>
      context.body(await metrics.text(), 200, { 'content-type': metrics.contentType }),
    )

/**
 * Answer probes, and Prometheus, on a port of all addresses, until it is closed.
 *
 * @throws SluiceError 'config' when the port is taken or may not be used
 */
export async function serveHealth(
  health: Ready,
  metrics: Numbers,
  port: number,
): Promise<{ readonly port: number; close(): void }> {
  const server = serve({ fetch: healthRoutes(health, metrics).fetch, port, hostname: '0.0.0.0' })
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
