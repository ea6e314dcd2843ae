import { randomBytes } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import test from 'ava'
import { systemClock } from '../../../lib/clock.ts'
import { Bundle } from '../../../lib/commit/bundle.ts'
import { sha256 } from '../../../lib/commit/record.ts'
import { readSegments } from '../../../lib/commit/segments.ts'
import { Account, Budget } from '../../../lib/memory.ts'
import { type Compression, gzip } from '../../../lib/s3/compression.ts'
import { Growth, LARGE, PART } from '../../../lib/s3/growth.ts'
import type { Frame } from '../../../lib/s3/open-object.ts'
import type { SinkBinding } from '../../../lib/sink.ts'
import { faultyStore, type MemoryStore, memoryStore, virtualClock } from '../../../lib/testing.ts'

const MB = 1024 * 1024
const lane = { pipeline: 'p', topic: 't', partition: 0, stage: 1 } as const
const [OPEN, COMMA, CLOSE] = [Buffer.from('['), Buffer.from(','), Buffer.from(']')]
const framed: Frame = { header: OPEN, separator: COMMA, footer: CLOSE }

const NOISE = randomBytes(3 * PART)

/** Bytes that gzip cannot make smaller. */
const noise = (bytes: number): Buffer => NOISE.subarray(0, bytes)

function world(
  store = memoryStore(),
  compression?: Compression,
  frame: Frame = framed,
  share = Infinity,
  losesUploads = false,
) {
  const budget = new Budget(Infinity)
  const memory = new Account(budget)
  const clock = virtualClock()
  const binding: SinkBinding = {
    lane,
    instance: 'i',
    store,
    retry: { clock },
    memory,
    share: () => share,
    losesUploads,
    carries: false,
    committed: () => Promise.resolve(),
    published: () => Promise.resolve(),
    epoch: () => ({ commit: 1, owner: 'o', tick: 0 }),
    reject: () => undefined,
    arrived: () => undefined,
  }
  const growth = new Growth({ key: 'a', frame, compression, upload: {} }, binding, memory)
  const bundle = new Bundle(lane, 1, 'o')
  /** Add a run of rows that the sink has been charged for. */
  const add = (rows: Buffer): void => {
    memory.charge(rows.length)
    growth.beginRun()
    growth.reserve(rows.length)
    growth.addRows([rows], rows.length)
  }
  return { budget, memory, growth, bundle, add, clock, store }
}

async function bytesIn(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = []
  for await (const chunk of chunks) all.push(chunk)
  return Buffer.concat(all)
}

/** Its end, and what it is staged as. */
async function stageOf({ growth, bundle }: ReturnType<typeof world>) {
  await growth.end()
  return growth.stage(bundle)
}

async function published(
  { store, bundle }: { store: MemoryStore; bundle: Bundle },
  staged: Awaited<ReturnType<Growth['stage']>>['staged'],
): Promise<Buffer> {
  if (staged.in === 'bundle') return bundle.bytesOf(staged)
  if (staged.in === 'bundles')
    return bytesIn(readSegments(staged.segments, store, { clock: systemClock }))
  await store.completeUpload('a', staged.uploadId, staged.parts)
  return (await store.get('a'))!
}

for (const [title, compression] of [
  ['as they are', undefined],
  ['compressed', gzip({ level: 1 })],
] as const)
  for (const [size, place, losesUploads = false] of [
    [1_000, 'bundle'],
    [LARGE / 2, 'bundle'],
    [LARGE, 'upload'],
    [PART, 'upload'],
    [2.5 * PART, 'upload'],
    [LARGE / 2, 'bundle', true],
    [LARGE, 'bundles', true],
    [2.5 * PART, 'bundles', true],
  ] as const)
    test(`${size} bytes of rows are an object in the ${place}, ${title}${losesUploads ? ', where the store loses uploads' : ''}`, async (t) => {
      const run = world(memoryStore(), compression, framed, Infinity, losesUploads)
      const rows = [noise(size), noise(1_000)]
      for (const each of rows) run.add(each)
      const { staged, bytes, sha256: hash, rowsHash } = await stageOf(run)
      t.is(staged.in, place)
      const object = await published(run, staged)
      t.is(bytes, object.length)
      t.is(hash, sha256(object))
      const plain = compression ? gunzipSync(object) : object
      t.true(plain.equals(Buffer.concat([OPEN, rows[0]!, COMMA, rows[1]!, CLOSE])))
      t.is(rowsHash, sha256(plain.subarray(1, -1)))
      // what is in the bundle is held until the epoch is over
      t.is(run.budget.used, place === 'bundle' ? bytes : 0)
    })

/** A store that keeps the hashes that it is told of parts, and those that they have. */
function checkingStore() {
  const store = memoryStore()
  const hashes: { told: string | undefined; own: string }[] = []
  const uploadPart: MemoryStore['uploadPart'] = (key, id, number, body, told) => {
    hashes.push({ told, own: sha256(...body) })
    return store.uploadPart(key, id, number, body)
  }
  return { store: { ...store, uploadPart }, hashes }
}

for (const [title, frame] of [
  ['between brackets', framed],
  [
    'as lines',
    { header: Buffer.alloc(0), separator: Buffer.from('\n'), footer: Buffer.from('\n') },
  ],
] as const)
  for (const parts of [1, 3])
    test(`a store is told the hash of each part, ${parts} of them, with rows ${title}`, async (t) => {
      const { store, hashes } = checkingStore()
      const run = world(store, undefined, frame)
      for (let part = 0; part < parts; part++) run.add(noise(parts === 1 ? LARGE : PART))
      const { sha256: hash, staged } = await stageOf(run)
      t.is(hashes.length, parts + (parts > 1 ? 1 : 0))
      for (const { told, own } of hashes) t.is(told, own)
      t.is(hash, sha256(await published(run, staged)))
    })

test('what does not fit into the bundle goes up by itself, however small it is', async (t) => {
  const run = world(memoryStore(), undefined, framed, 2)
  run.add(Buffer.from('1'))
  const { staged } = await stageOf(run)
  t.is(staged.in, 'upload')
  t.is(run.bundle.size, 0)
  t.deepEqual(await published(run, staged), Buffer.from('[1]'))
})

test('all that an object holds is charged until the store has it', async (t) => {
  const store = memoryStore()
  const gate = Promise.withResolvers<void>()
  const clock = virtualClock()
  const slow = faultyStore(store, {
    clock,
    fault: ({ method }) => (method === 'uploadPart' ? { before: () => gate.promise } : undefined),
  })
  const run = world(slow as MemoryStore, gzip({ level: 1 }), framed, 0)
  run.add(noise(2 * PART))
  await clock.settle()
  // noise does not shrink
  t.true(run.budget.used >= 2 * PART && run.budget.used < 2 * PART + MB)
  const other = new Account(run.budget)
  run.growth.moveTo(other)
  t.is(run.memory.held, 0)
  const staged = stageOf(run)
  gate.resolve()
  await staged
  t.is(run.budget.used, 0)
})

test('an upload that cannot be begun is the error of whoever stages', async (t) => {
  const run = world(
    faultyStore(memoryStore(), {
      clock: virtualClock(),
      fault: () => ({ before: new Error('no') as never }),
    }) as MemoryStore,
  )
  run.add(noise(PART))
  await t.throwsAsync(stageOf(run), { message: 'no' })
})
