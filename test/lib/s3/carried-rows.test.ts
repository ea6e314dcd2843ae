import { randomBytes } from 'node:crypto'
import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { Bundle } from '../../../lib/commit/bundle.ts'
import type { CarriedRun } from '../../../lib/commit/record.ts'
import { Account, Budget } from '../../../lib/memory.ts'
import { CarriedRows } from '../../../lib/s3/carried-rows.ts'
import { Growth } from '../../../lib/s3/growth.ts'
import type { SinkBinding } from '../../../lib/sink.ts'
import { type MemoryStore, memoryStore, virtualClock } from '../../../lib/testing.ts'

const lane = { pipeline: 'p', topic: 't', partition: 0, stage: 1 } as const
const separator = Buffer.from(',')
const frame = { header: Buffer.alloc(0), separator, footer: Buffer.alloc(0) }
const NOISE = randomBytes(1024 * 1024)

/** A lane's carried rows, epoch by epoch, beside what they are to be. */
class World {
  readonly store: MemoryStore = memoryStore()
  readonly budget = new Budget(Infinity)
  readonly #memory = new Account(this.budget)
  readonly #share: number
  readonly #binding: SinkBinding
  readonly #open = new Map<number, Buffer[]>()
  #rows: CarriedRows
  runs: readonly CarriedRun[] = []
  #epoch = 0
  #serial = 0

  constructor(share: number) {
    this.#share = share
    this.#binding = {
      lane,
      instance: 'i',
      store: this.store,
      retry: { clock: virtualClock() },
      memory: this.#memory,
      share: () => this.#share,
      losesUploads: false,
      carries: true,
      committed: () => Promise.resolve(),
      published: () => Promise.resolve(),
      epoch: () => ({ commit: 1, owner: 'o', tick: 0 }),
      reject: () => undefined,
      arrived: () => undefined,
    }
    this.#rows = this.#restarted()
  }

  get open(): number[] {
    return [...this.#open.keys()]
  }

  begin(): number {
    this.#open.set(++this.#serial, [])
    return this.#serial
  }

  /** Another process goes on with what the newest record lists. */
  restart(): void {
    this.#rows = this.#restarted()
    this.#rows.restore(this.runs)
  }

  /** An epoch that finishes some objects, and adds rows to others. Answers with what the finished ones hold, and what they should. */
  async epoch(
    closed: readonly number[],
    added: ReadonlyMap<number, Buffer>,
  ): Promise<[Buffer, Buffer][]> {
    const expected = new Map(closed.map((serial) => [serial, this.#open.get(serial)!]))
    for (const serial of closed) this.#open.delete(serial)
    for (const [serial, rows] of added) this.#open.get(serial)!.push(rows)
    const memory = new Account(this.budget)
    const bundle = new Bundle(lane, ++this.#epoch, 'o')
    const serials = closed.toSorted((a, b) => a - b)
    const reader = await this.#rows.reader(new Set(serials), memory)
    const read: [Buffer, Buffer][] = []
    for (const serial of serials) {
      const growth = new Growth(
        { key: 'k', frame, compression: undefined, upload: {} },
        this.#binding,
        memory,
      )
      await reader.addTo(growth, serial)
      await growth.end()
      const { staged } = await growth.stage(bundle)
      if (staged.in !== 'bundle') throw new Error('too large')
      read.push([bundle.bytesOf(staged), joined(expected.get(serial)!)])
    }
    const fresh = [...added]
      .toSorted(([a], [b]) => a - b)
      .map(([serial, rows]) => ({ serial, rows: 1, pieces: [Buffer.from(rows)] }))
    this.runs = await this.#rows.add(fresh, bundle, memory)
    await bundle.save(this.store)
    memory.close()
    return read
  }

  #restarted(): CarriedRows {
    return new CarriedRows(
      (serial) => (this.#open.has(serial) ? separator : undefined),
      this.#binding,
    )
  }
}

const joined = (runs: readonly Buffer[]): Buffer =>
  Buffer.concat(runs.flatMap((run, i) => (i === 0 ? [run] : [separator, run])))

const epochs = fc.array(
  fc.record({
    begun: fc.nat(3),
    added: fc.array(
      fc.tuple(fc.nat(30), fc.oneof(fc.nat(20), fc.nat(200), fc.nat(150 * 1024)), fc.nat(1000)),
      { maxLength: 5 },
    ),
    closed: fc.array(fc.nat(30), { maxLength: 2 }),
    restarts: fc.boolean(),
  }),
  { minLength: 20, maxLength: 50 },
)

testProp(
  'objects hold all their rows in order, whatever other objects do, whoever goes on, and however often rows are merged',
  [epochs, fc.constantFrom(2 ** 30, 64 * 1024)],
  async (t, all, share) => {
    const world = new World(share)
    for (const { begun, added, closed, restarts } of all) {
      if (restarts) world.restart()
      const finished = new Set(closed.flatMap((at) => world.open[at] ?? []))
      const begins = Array.from({ length: begun }, () => world.begin())
      const rows = new Map(begins.map((serial) => [serial, Buffer.from(`first of ${serial}`)]))
      for (const [at, size, from] of added) {
        const serial = world.open[at]
        if (serial !== undefined && !finished.has(serial))
          rows.set(serial, NOISE.subarray(from, from + size))
      }
      for (const [is, should] of await world.epoch([...finished], rows)) t.true(is.equals(should))
    }
    world.restart()
    for (const [is, should] of await world.epoch(world.open, new Map())) t.true(is.equals(should))
    t.deepEqual(world.runs, [], 'what nobody needs is not listed')
    t.is(world.budget.used, 0)
  },
  { numRuns: 50 },
)

test('rows of a thousand epochs lie in few runs, and each was written few times', async (t) => {
  const world = new World(2 ** 30)
  const serials = Array.from({ length: 20 }, () => world.begin())
  let written = 0
  for (let epoch = 0; epoch < 1_000; epoch++) {
    await world.epoch([], new Map(serials.map((serial) => [serial, Buffer.alloc(50, 'x')])))
    t.true(world.runs.length <= 3 * 17)
  }
  for (const { bytes } of world.store.objects()) written += bytes.length
  const rows = 1_000 * serials.length * 50
  t.true(written < 5 * rows, `${written} bytes were written for ${rows}`)
  t.true(JSON.stringify(world.runs).length < 20_000)
  for (const [is, should] of await world.epoch(serials, new Map())) t.true(is.equals(should))
})

test('long runs of rows are not merged, and each is read at once when its turn comes', async (t) => {
  const world = new World(2 ** 30)
  const serials = Array.from({ length: 30 }, () => world.begin())
  const piece = NOISE.subarray(0, 200_000)
  for (const serial of serials) {
    await world.epoch([], new Map([[serial, piece]]))
    t.true(world.runs.every(({ level }) => level === 0))
  }
  const { store } = world
  const get = store.get.bind(store)
  let requests = 0
  store.get = (...args) => {
    requests++
    return get(...args)
  }
  for (const [is, should] of await world.epoch(serials, new Map())) t.true(is.equals(should))
  t.is(requests, serials.length)
})

test('rows that were altered are found out, and which bundle it is is said', async (t) => {
  const world = new World(2 ** 30)
  const serial = world.begin()
  await world.epoch([], new Map([[serial, NOISE.subarray(0, 200_000)]]))
  const [bundle] = world.store.objects()
  const bytes = Buffer.from(bundle!.bytes)
  bytes[150_000]! ^= 1
  await world.store.store(bundle!.key, [bytes])
  await t.throwsAsync(world.epoch([serial], new Map()), {
    code: 'corrupt',
    message: /rows of an open object in _sluice.*-o\.bin of memory are altered/,
  })
})

test('an index that is gone or altered is found out', async (t) => {
  for (const how of ['gone', 'altered'] as const) {
    const world = new World(2 ** 30)
    const serial = world.begin()
    await world.epoch([], new Map([[serial, NOISE.subarray(0, 100)]]))
    const [bundle] = world.store.objects()
    const bytes = Buffer.from(bundle!.bytes)
    bytes[101]! ^= 1
    if (how === 'gone') await world.store.delete([bundle!.key])
    else await world.store.store(bundle!.key, [bytes])
    world.restart()
    await t.throwsAsync(world.epoch([serial], new Map()), {
      code: 'corrupt',
      message: new RegExp(`are ${how}`),
    })
  }
})
