import { hostname } from 'node:os'
import test from 'ava'
import {
  clientIdOf,
  isGhost,
  parseClientId,
  type ProcessName,
  thisProcess,
} from '../../../lib/kafka/ghosts.ts'
import { startOf } from '../../../lib/process-start.ts'

const self: ProcessName = {
  host: 'node-1',
  boot: 'boot-1',
  pidNamespace: 'pid:[1]',
  pid: 200,
  start: '5000',
  token: 'mine',
}
const member = { ...self, pid: 100, start: '1000', token: 'theirs' }

const nothingRuns = () => undefined
const runs = (pid: number, start: string) => (asked: number) => (asked === pid ? start : undefined)

test('a member whose process is gone is a ghost', (t) => {
  t.true(isGhost(member, self, nothingRuns))
})

test('a member whose pid another process has by now is a ghost', (t) => {
  t.true(isGhost(member, self, runs(100, '4000')))
})

test('a member whose process lives is none, whether it does anything or not', (t) => {
  t.false(isGhost(member, self, runs(100, '1000')))
})

test('a member of another host is never one', (t) => {
  t.false(isGhost({ ...member, host: 'node-2' }, self, nothingRuns))
  t.false(isGhost({ ...member, host: 'node-2', pid: 1 }, { ...self, pid: 1 }, nothingRuns))
})

test('a member of our own process is none', (t) => {
  t.false(isGhost({ ...self, token: 'another' }, self, runs(200, '5000')))
})

test('a process whose pids we do not share is none', (t) => {
  t.false(isGhost({ ...member, boot: 'boot-2' }, self, nothingRuns))
  t.false(isGhost({ ...member, pidNamespace: 'pid:[2]' }, self, nothingRuns))
})

test('in containers of one name, the one that does not live any more is a ghost', (t) => {
  const here = { ...self, pid: 1 }
  const earlier = { ...member, pid: 1 }
  t.true(isGhost({ ...earlier, boot: 'boot-2' }, here, nothingRuns), 'on another machine')
  t.true(isGhost({ ...earlier, pidNamespace: 'pid:[2]' }, here, nothingRuns), 'on this machine')
  t.false(isGhost({ ...earlier, boot: 'boot-2', pid: 2 }, here, nothingRuns))
  t.false(isGhost({ ...earlier, boot: 'boot-2' }, { ...here, pid: 2 }, nothingRuns))
  t.false(isGhost({ ...earlier, boot: 'boot-2', token: 'mine' }, here, nothingRuns), 'ourselves')
})

test('a client id says which process it is', (t) => {
  t.is(clientIdOf(self), 'node-1/boot-1/pid:[1]/200/5000/mine')
  t.deepEqual(parseClientId(clientIdOf(self)), self)
})

test('the client ids of others say nothing', (t) => {
  for (const other of ['', 'rdkafka', 'a/b/c/d/e/f', 'a/b/c/0/e/f', 'a/b/c/1/e', 'a/b/c/1/e/f/g'])
    t.is(parseClientId(other), undefined, other)
})

test('this process has the name of a living one, and of no other member', (t) => {
  const name = thisProcess()
  t.is(name.host, hostname())
  t.is(name.pid, process.pid)
  t.not(name.token, thisProcess().token)
  if (process.platform === 'linux') {
    t.is(startOf(process.pid), name.start)
    t.is(thisProcess().boot, name.boot)
  }
})

test('a pid that no process has was started never', (t) => {
  t.is(startOf(2 ** 30), undefined)
})
