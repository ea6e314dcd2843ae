import test from 'ava'
import { samples } from '../pipelines/samples.ts'
import { commandWith, servedWorld, succeeds, textsUnder } from './commands.ts'
import { PATIENCE } from '../support/length.ts'

test('on Kafka and versitygw, lines that were produced lie where the layouts of users say, and are verified', async (t) => {
  t.timeout(PATIENCE)
  const world = await servedWorld(t)

  const users = samples('users')
  const produced = await commandWith(world, users.join('\r\n'), 'produce', '--topic', 'test')
  t.is(produced.code, 0, produced.output)
  t.regex(produced.output, /^test: 6 records in /m)

  const fields = ['--fields', 'country,company']
  const pipelines: [pipeline: string, ...options: string[]][] = [
    ['users-by-partition'],
    ['users-by-field'],
    ['users-by-field', '--name', 'swapped', ...fields],
    ['users-by-time'],
    ['users-by-field-and-time', ...fields],
  ]
  for (const words of pipelines) await succeeds(t, world, 'run', ...words, '--until-end')

  t.deepEqual(await textsUnder(world, 'topics/'), [
    ['topics/test/partition=0/test+0+0000000000.json', `${users.slice(0, 3).join('\n')}\n`],
    ['topics/test/partition=0/test+0+0000000003.json', `${users.slice(3).join('\n')}\n`],
  ])
  const folders = [
    'company=Block Group/country=Argentina',
    'company=Bruen-Donnelly/country=Indonesia',
  ]
  for (const [i, offset] of [0, 4].entries())
    t.deepEqual(await textsUnder(world, `warehouse/test/${folders[i]}/`), [
      [`warehouse/test/${folders[i]}/test+0+000000000${offset}.json`, `${users[offset]}\n`],
    ])
  const all = await textsUnder(world, 'warehouse/')
  for (const layout of ['company=', 'country=', 'year='])
    t.is(
      all.filter(([key]) => key.startsWith(`warehouse/test/${layout}`)).length,
      layout === 'country=' ? 12 : 6,
    )

  for (const [pipeline, ...options] of pipelines) {
    const name = options.includes('--name') ? ['--name', 'swapped'] : []
    await succeeds(t, world, 'verify', pipeline, ...name)
  }
})
