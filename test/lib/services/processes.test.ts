import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { SluiceError } from '../../../lib/errors.ts'
import { freePort } from '../../../lib/services/ports.ts'
import { processes } from '../../../lib/services/processes.ts'
import type { Service } from '../../../lib/services/service.ts'
import { versitygwVersion } from '../../../lib/services/versions.ts'
import { writeProgram } from '../../support/program.ts'

/** A store whose program, as if it had been built, is this JavaScript. */
async function storeThatIs(t: ExecutionContext, script: string): Promise<Service> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-processes-'))
  const { XDG_CACHE_HOME } = process.env
  process.env['XDG_CACHE_HOME'] = folder
  const built = join(folder, 'sluice', `versitygw-${versitygwVersion}`)
  const program = join(built, 'versitygw')
  await mkdir(built, { recursive: true })
  writeProgram(program, `#!${process.execPath}\n${script}\n`)
  const driver = processes({ folder: join(folder, 'data'), outlive: false, report: () => {} })
  t.teardown(async () => {
    process.env['XDG_CACHE_HOME'] = XDG_CACHE_HOME ?? ''
    await driver.remove()
    await rm(folder, { recursive: true })
  })
  return driver.service({ name: 'versitygw', port: await freePort() })
}

const serve = `
  const [host, port] = process.argv[3].split(':')
  require('node:http').createServer((_, response) => response.end()).listen(port, host)`

test.serial('a service that dies while it starts is an error with its last words', async (t) => {
  const service = await storeThatIs(t, `console.error('no space left'); process.exit(3)`)
  const error = await t.throwsAsync(service.start(), { instanceOf: SluiceError })
  t.is(error.code, 'service')
  t.regex(error.message, /^versitygw died; the end of .*versitygw\.log:\nno space left$/)
  t.false(await service.running())
})

test.serial('to start what runs and to stop what does not are no errors', async (t) => {
  const service = await storeThatIs(t, serve)
  await service.stop()
  await service.start()
  const first = service.state()
  await service.start()
  t.deepEqual(service.state(), first)
  await service.stop()
  await service.stop()
  t.false(await service.running())
})

test.serial('a paused service can be stopped', async (t) => {
  const service = await storeThatIs(t, serve)
  await service.start()
  await service.pause()
  await service.stop()
  t.false(await service.running())
})

test.serial('a service is taken up again by its state from elsewhere', async (t) => {
  const service = await storeThatIs(t, serve)
  await service.start()
  const driver = processes({ folder: tmpdir(), outlive: true, report: () => {} })
  const same = driver.service(service.state())
  t.true(await same.running())
  t.is(same.url, service.url)
  await same.stop()
  t.false(await service.running())
})
