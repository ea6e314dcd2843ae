import { once } from 'node:events'
import { createServer } from 'node:net'
import test from 'ava'
import { freePort } from '../../../lib/services/ports.ts'

test('the preferred port is taken if it is free, and another one if it is not', async (t) => {
  const preferred = await freePort()
  t.is(await freePort(preferred), preferred)

  const server = createServer().listen(preferred, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  t.not(await freePort(preferred), preferred)
})

test('no connection that goes out is given a port that was found free', async (t) => {
  for (let found = 0; found < 20; found++) t.true((await freePort()) < 32_768)
})
