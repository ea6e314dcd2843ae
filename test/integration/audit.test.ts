import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { openPorts } from '../../lib/cli/ports.ts'
import { startServices } from '../../lib/services/index.ts'
import { command } from './commands.ts'

const PIPELINE = 'users-by-time'
const MARCH = 'warehouse/test/year=2022/month=03'
const OCTOBER = 'warehouse/test/year=2022/month=10/day=23/hour=16/test+0+0000000001.json'

test('on Kafka and S3, what was deleted on purpose is declared, and what was altered is named by its record', async (t) => {
  t.timeout(60_000)
  const services = await startServices(['kafka', 'versitygw'])
  t.teardown(() => services.remove())
  const folder = await mkdtemp(join(tmpdir(), 'sluice-audit-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const world = { folder, environment: { PATH: process.env['PATH'], ...services.environment } }
  const sluice = (...words: string[]) => command(world, ...words)
  for (const words of [
    ['produce', 'users'],
    ['run', PIPELINE, '--timestamp', 'field', '--until-end'],
    ['verify', PIPELINE],
  ]) {
    const { code, output } = await sluice(...words)
    t.is(code, 0, output)
  }
  const ports = await openPorts({ variables: world.environment, root: folder })
  t.teardown(() => ports.close())
  const { store } = ports

  const march: string[] = []
  for await (const key of store.list(`${MARCH}/`)) march.push(key)
  t.is(march.length, 1)
  await store.delete(march)
  const lost = await sluice('verify', PIPELINE)
  t.is(lost.code, 1)
  t.true(lost.output.includes(`LOST ${march[0]}`), lost.output)

  const forgotten = await sluice('forget', PIPELINE, '--prefix', MARCH, '--reason', 'all of March')
  t.is(forgotten.code, 0, forgotten.output)
  const sound = await sluice('verify', PIPELINE)
  t.is(sound.code, 0, sound.output)
  t.regex(sound.output, /\nforgotten: 1 object with 1 row under \S+month=03: all of March \(/)
  t.regex(sound.output, /\nverified: 6 records, 5 objects with 5 rows, none lost/)
  const list = await sluice('list', PIPELINE, '--committed')
  t.is(list.output.trimEnd().split('\n').length, 5)

  const found = await sluice('find', 'test/0@1')
  t.is(found.code, 0, found.output)
  t.true(found.output.includes(`row 1 of ${OCTOBER}`), found.output)

  const { metadata } = (await store.head(OCTOBER))!
  const bytes = (await store.get(OCTOBER))!
  await store.put(OCTOBER, Buffer.from(bytes.toString().replace('2022', '2023')), { metadata })
  const altered = await sluice('verify', PIPELINE)
  t.is(altered.code, 1)
  t.regex(
    altered.output,
    /ALTERED \S+month=10\S+: .*; row 1 is the first that differs, of test-0@1;/,
  )
})
