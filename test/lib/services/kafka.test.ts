import test from 'ava'
import { serverProperties } from '../../../lib/services/kafka.ts'

const node = { id: 1, controllers: new Map([[1, 5002]]) }

test('clients are told the port they came by, and nothing listens beyond this machine', (t) => {
  const lines = serverProperties({ port: 5001, node, logFolder: '/data' }).split('\n')
  t.true(lines.includes('advertised.listeners=PLAINTEXT://127.0.0.1:5001'))
  t.true(
    lines.includes('listeners=PLAINTEXT://127.0.0.1:5001,CONTROLLER://127.0.0.1:5002'),
    lines.join('\n'),
  )
  t.true(lines.includes('controller.quorum.voters=1@127.0.0.1:5002'))
})

test('a listener may tell clients the port of somebody who stands before it', (t) => {
  const listeners = { PROXY: { port: 5003, protocol: 'PLAINTEXT', advertised: 5004 } }
  const lines = serverProperties({ port: 5001, node, logFolder: '/data', listeners }).split('\n')
  t.true(
    lines.includes('advertised.listeners=PLAINTEXT://127.0.0.1:5001,PROXY://127.0.0.1:5004'),
    lines.join('\n'),
  )
  t.true(lines.some((line) => /^listeners=.*,PROXY:\/\/127.0.0.1:5003,/.test(line)))
})

test('a node of a cluster knows the controllers of all, and listens on its own', (t) => {
  const controllers = new Map([
    [1, 5002],
    [2, 5004],
  ])
  const second = { id: 2, controllers }
  const lines = serverProperties({ port: 5003, node: second, logFolder: '/data' }).split('\n')
  t.true(lines.includes('node.id=2'))
  t.true(lines.includes('controller.quorum.voters=1@127.0.0.1:5002,2@127.0.0.1:5004'))
  t.true(
    lines.includes('listeners=PLAINTEXT://127.0.0.1:5003,CONTROLLER://127.0.0.1:5004'),
    lines.join('\n'),
  )
})
