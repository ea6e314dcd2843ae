import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { isStopped, startOf } from '../../lib/process-start.ts'

test('a process that was stopped from outside is told from one that works or is gone', async (t) => {
  const child = spawn('sleep', ['60'])
  t.teardown(() => child.kill('SIGKILL'))
  await once(child, 'spawn')
  const pid = child.pid ?? 0
  t.false(isStopped(pid))
  child.kill('SIGSTOP')
  while (!isStopped(pid)) await sleep(10)
  t.not(startOf(pid), undefined)
  child.kill('SIGKILL')
  await once(child, 'exit')
  t.false(isStopped(pid))
  t.is(startOf(pid), undefined)
})
