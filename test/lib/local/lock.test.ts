import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { SluiceError } from '../../../lib/errors.ts'
import { takeLock } from '../../../lib/local/lock.ts'
import { testFolder } from './folder.ts'

const refusal = (pid: string): SluiceError => new SluiceError('config', `held by ${pid}`)

test('of many who come at the same time at most one gets the lock', async (t) => {
  const folder = join(testFolder(t), 'lock')
  const tries = await Promise.allSettled(
    Array.from({ length: 16 }, () => takeLock(folder, refusal)),
  )
  const locks = tries.filter((attempt) => attempt.status === 'fulfilled')
  t.true(locks.length <= 1)
  for (const { value } of locks) await value.release()
  await (await takeLock(folder, refusal)).release()
  t.deepEqual(readdirSync(folder), [])
})

test('a lock is held across processes, until its holder dies', async (t) => {
  const folder = join(testFolder(t), 'lock')
  const holder = fork(join(import.meta.dirname, 'lock-holder.ts'), [folder])
  t.teardown(() => holder.kill('SIGKILL'))
  await once(holder, 'message')
  await t.throwsAsync(takeLock(folder, refusal), { message: `held by ${holder.pid}` })
  t.is(readdirSync(folder).length, 1)

  holder.kill('SIGKILL')
  await once(holder, 'exit')
  t.is(readdirSync(folder).length, 1)
  const lock = await takeLock(folder, refusal)
  await t.throwsAsync(takeLock(folder, refusal), { message: `held by ${process.pid}` })
  await lock.release()
})

test.serial('a folder whose path is too long for a socket is locked all the same', async (t) => {
  const temporary = testFolder(t)
  const { TMPDIR } = process.env
  process.env.TMPDIR = temporary
  t.teardown(() => {
    if (TMPDIR === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = TMPDIR
  })
  const folder = join(temporary, 'a'.repeat(120), 'lock')
  const lock = await takeLock(folder, refusal)
  await t.throwsAsync(takeLock(folder, refusal), { message: `held by ${process.pid}` })
  await lock.release()
})
