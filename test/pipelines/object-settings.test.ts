import test from 'ava'
import { definePipeline, jsonLines, zstd } from '../../lib/index.ts'
import type { FirstFacts } from '../../lib/s3/object-name.ts'
import { Process } from '../faults/process.ts'
import { problemsOf } from './audit.ts'
import { TOPIC } from './views.ts'
import { append, newWorld, runToEnd, type World } from './world.ts'

const MB = 1024 * 1024

const settings = {
  encryption: { algorithm: 'aws:kms', keyId: 'a-key' },
  storageClass: 'STANDARD_IA',
  acl: 'bucket-owner-full-control',
} as const

const pipeline = definePipeline('kept', ({ kafka, s3 }) => {
  kafka({ topic: TOPIC }).to(
    s3({
      prefix: 'raw',
      format: jsonLines(),
      compression: zstd({ contentEncoding: true }),
      ...settings,
      tags: ({ topic, firstOffset }: FirstFacts) => ({ topic, from: String(firstOffset) }),
    }),
  )
})

async function worldOf(bytes: number): Promise<World> {
  const world = await newWorld(1)
  const value = JSON.stringify(Array.from({ length: bytes / 8 }, () => Math.random()).join())
  await append(world, [{ key: null, value, partition: 0 }])
  return world
}

for (const [size, bytes] of [
  ['small', 1_000],
  ['large', 9 * MB],
] as const)
  test(`a ${size} object has all that its sink wants, whoever publishes it`, async (t) => {
    const undisturbed = new Process(await worldOf(bytes), { pipeline })
    await undisturbed.over()
    for (let fatal = undisturbed.calls; fatal > 0; fatal -= size === 'small' ? 1 : 4) {
      const world = await worldOf(bytes)
      const process = new Process(world, { pipeline }, ({ number }) =>
        number === fatal ? 'killed after it is carried out' : undefined,
      )
      await process.over()
      await runToEnd(world, { pipeline })
      const [object, ...others] = world.store.objects('raw/')
      t.deepEqual(others, [])
      t.deepEqual(
        { ...object?.settings, encryption: { ...object?.settings.encryption } },
        {
          ...settings,
          contentEncoding: 'zstd',
          tags: { topic: TOPIC, from: '0' },
        },
      )
      t.deepEqual(problemsOf(world.store), [])
    }
  })

test('a row whose tags cannot be made is rejected, and the others are kept', async (t) => {
  const picky = definePipeline('picky', ({ kafka, s3, rejected }) => {
    const tags = ({ firstOffset }: FirstFacts) => ({ from: firstOffset === 1 ? ';' : 'fine' })
    kafka({ topic: TOPIC }).to(s3({ prefix: 'raw', rotate: { records: 1 }, tags }))
    rejected.to(s3({ prefix: 'rejected' }))
  })
  const world = await newWorld(1)
  await append(
    world,
    ['0', '1', '2'].map((value) => ({ key: null, value, partition: 0 })),
  )
  await runToEnd(world, { pipeline: picky })
  const text = (prefix: string): string[] =>
    world.store.objects(prefix).map(({ bytes }) => bytes.toString())
  t.deepEqual(text('raw/'), ['0\n', '2\n'])
  t.regex(text('rejected/').join(''), /"reason":"the tag from=; holds what S3 does not allow/)
})
