import test from 'ava'
import { openPorts } from '../../lib/cli/ports.ts'
import { command, servedWorld, succeeds } from './commands.ts'
import { PATIENCE } from '../support/length.ts'

const PIPELINE = 'users-by-time'
const MARCH = 'warehouse/test/year=2022/month=03'
const OCTOBER = 'warehouse/test/year=2022/month=10/day=23/hour=16/test+0+0000000001.json'

test('on Kafka and S3, what was deleted on purpose is declared, and what was altered is named by its record', async (t) => {
  t.timeout(PATIENCE)
  const world = await servedWorld(t)
  const sluice = (...words: string[]) => command(world, ...words)
  for (const words of [
    ['produce', 'users'],
    ['run', PIPELINE, '--timestamp', 'field', '--until-end'],
    ['verify', PIPELINE],
  ])
    await succeeds(t, world, ...words)
  const ports = await openPorts({ variables: world.environment, root: world.folder })
  t.teardown(() => ports.close())
  const { store } = ports

  const march: string[] = []
  for await (const key of store.list(`${MARCH}/`)) march.push(key)
  t.is(march.length, 1)
  await store.delete(march)
  const lost = await sluice('verify', PIPELINE)
  t.is(lost.code, 1)
  t.true(lost.output.includes(`LOST ${march[0]}`), lost.output)

  const forget = ['forget', PIPELINE, '--prefix', MARCH, '--reason', 'all of March']
  await succeeds(t, world, ...forget)
  const sound = await succeeds(t, world, 'verify', PIPELINE)
  t.regex(sound, /\nforgotten: 1 object with 1 row under \S+month=03: all of March \(/)
  t.regex(sound, /\nverified: 6 records, 5 objects with 5 rows, none lost/)
  const list = await succeeds(t, world, 'list', PIPELINE, '--committed')
  t.is(list.trimEnd().split('\n').length, 5)

  const found = await succeeds(t, world, 'find', 'test/0@1')
  t.true(found.includes('row 1, bytes 0 to ') && found.includes(` of ${OCTOBER}\n`), found)

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
