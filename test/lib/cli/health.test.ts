import { createServer } from 'node:net'
import { once } from 'node:events'
import test from 'ava'
import { Health } from '../../../lib/cli/health.ts'
import { healthRoutes, serveHealth } from '../../../lib/cli/health-server.ts'
import { Meter } from '../../../lib/cli/meter.ts'
import { Metrics } from '../../../lib/cli/metrics/metrics.ts'
import { seconds } from '../../../lib/duration.ts'
import { virtualClock } from '../../../lib/testing.ts'
import { testFolder } from '../local/folder.ts'
import { sluice } from './command-line.ts'

const laneOf = (partition: number) =>
  ({ pipeline: 'views', topic: 'views', partition, stage: 1 }) as const

function newHealth() {
  const clock = virtualClock()
  const stop = new AbortController()
  const health = new Health(clock, stop.signal)
  const metrics = new Metrics({ name: 'views', clock, meter: new Meter(clock), health })
  return { clock, stop, health, metrics }
}

test('a pipeline is ready from its start to its stop', (t) => {
  const { health, stop } = newHealth()
  t.deepEqual(health.readiness, { ready: false, reason: 'starting' })
  health.started()
  t.deepEqual(health.readiness, { ready: true, reason: 'running' })
  stop.abort()
  t.deepEqual(health.readiness, { ready: false, reason: 'stopping' })
})

test('a store that fails for half a minute makes it unready, until the next commit', async (t) => {
  const { health, clock } = newHealth()
  health.started()
  health.retrying(laneOf(0), 'refused')
  await clock.advance(seconds(20))
  health.retrying(laneOf(0), 'denied')
  t.true(health.readiness.ready)
  await clock.advance(seconds(10))
  health.retrying(laneOf(0), 'denied')
  t.deepEqual(health.readiness, { ready: false, reason: 'failing for 30 s: denied' })
  health.committed({ lane: laneOf(0) })
  t.true(health.readiness.ready)
})

test('a lane that gets nothing done makes it unready, whatever others commit', async (t) => {
  const { health, clock } = newHealth()
  health.started()
  health.retrying(laneOf(0), 'denied')
  await clock.advance(seconds(30))
  health.retrying(laneOf(0), 'denied')
  health.committed({ lane: laneOf(1) })
  health.published({ lane: { ...laneOf(0), stage: 2 } })
  t.deepEqual(health.readiness, { ready: false, reason: 'failing for 30 s: denied' })
  health.published({ lane: laneOf(0) })
  t.true(health.readiness.ready)
})

test('a request that has failed once, of a lane that then has nothing to do, is forgotten', async (t) => {
  const { health, clock } = newHealth()
  health.started()
  health.retrying(laneOf(0), 'refused')
  for (let n = 0; n < 6; n++) {
    await clock.advance(seconds(10))
    t.true(health.readiness.ready)
  }
  health.retrying(laneOf(0), 'refused')
  t.true(health.readiness.ready)
})

test('probes are answered by status and a line', async (t) => {
  const { health, metrics } = newHealth()
  const routes = healthRoutes(health, metrics)
  const asked = async (path: string) => {
    const response = await routes.request(path)
    return [response.status, await response.text()]
  }
  t.deepEqual(await asked('/livez'), [200, 'alive\n'])
  t.deepEqual(await asked('/readyz'), [503, 'starting\n'])
  health.started()
  t.deepEqual(await asked('/readyz'), [200, 'running\n'])
  t.is((await asked('/'))[0], 404)
})

test('the server answers on its port until it is closed', async (t) => {
  const { health, metrics } = newHealth()
  const server = await serveHealth(health, metrics, 0)
  const url = `http://127.0.0.1:${server.port}/livez`
  t.is((await fetch(url)).status, 200)
  server.close()
  await t.throwsAsync(fetch(url))
})

test('a port that is taken, or is none, is named', async (t) => {
  const other = createServer().listen(0)
  await once(other, 'listening')
  t.teardown(() => other.close())
  const { port } = other.address() as { port: number }
  const taken = await sluice(t, testFolder(t), `run ecommerce --health-port ${port}`)
  t.is(taken.code, 2)
  t.regex(taken.err, /error: cannot listen on --health-port \d+: .*EADDRINUSE/)
  const none = await sluice(t, testFolder(t), 'run ecommerce --health-port http')
  t.is(none.code, 2)
  t.regex(none.err, /--health-port takes a port from 1 to 65535, not 'http'/)
})
