import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { type Carried, OpenTable } from '../../../lib/commit/open-table.ts'

type Known = { -readonly [name in keyof Carried]: Carried[name] }

const newTable = (): OpenTable<Known> => new OpenTable((facts) => ({ ...facts }))

const time = fc.oneof(fc.integer(), fc.constantFrom(Infinity, -Infinity))

const facts = fc.record({
  folder: fc.string(),
  nth: fc.nat(3),
  schema: fc.constantFrom('', 'a,b', 'c'),
  firstOffset: fc.integer({ min: -1 }),
  lastOffset: fc.integer({ min: -1 }),
  rows: fc.nat(),
  rowBytes: fc.nat(),
  opened: fc.nat(),
  touched: fc.nat(),
  firstTime: time,
  minTime: time,
  maxTime: time,
})

/** What an epoch does: objects that it opens, that take rows, and that it finishes, by their place in the table. */
const epoch = fc.record({
  opened: fc.array(fc.tuple(facts, fc.option(time, { nil: undefined })), { maxLength: 4 }),
  touched: fc.array(fc.nat(20), { maxLength: 4 }),
  closed: fc.array(fc.nat(20), { maxLength: 2 }),
  wantsBase: fc.boolean(),
})

testProp(
  'a base and the deltas after it give all that is open, in the order of the last rows',
  [fc.array(epoch, { minLength: 1, maxLength: 12 })],
  (t, epochs) => {
    const table = newTable()
    let written: Uint8Array[] = []
    for (const { opened, touched, closed, wantsBase } of epochs) {
      const at = (place: number): Known | undefined => [...table.values()][place]
      for (const object of new Set(closed.flatMap((place) => at(place) ?? []))) table.close(object)
      for (const object of new Set(touched.flatMap((place) => at(place) ?? []))) {
        object.rows++
        object.lastOffset += 2
        object.maxTime = object.rows
        table.keep(object)
      }
      for (const [begun, since] of opened)
        table.keep({ ...begun, serial: table.next, ...(since !== undefined && { since }) })
      const delta = table.delta()
      if (wantsBase) written = [table.base().bytes]
      else if (delta) written.push(delta.bytes)
      t.is(table.delta(), undefined)

      const restored = newTable()
      for (const bytes of written) restored.apply(bytes)
      t.deepEqual([...restored.values()], [...table.values()])
      t.is(restored.next, table.next)
      t.is(restored.memory, table.memory)
      t.is(restored.delta(), undefined)
    }
  },
)

test('a delta is as long as what has changed, however many objects are open', (t) => {
  const table = newTable()
  const begin = (serial: number): Known => ({
    serial,
    folder: `user=${serial}`,
    rows: 1,
    rowBytes: 300,
    firstOffset: serial,
    lastOffset: serial,
    opened: 1_700_000_000_000,
    touched: 1_700_000_000_000,
    firstTime: -Infinity,
    minTime: -Infinity,
    maxTime: -Infinity,
  })
  const objects = Array.from({ length: 10_000 }, (_, i) => begin(i + 1))
  for (const object of objects) table.keep(object)
  t.true(table.delta()!.bytes.length < 10_000 * 100)
  for (const object of objects.slice(0, 50)) table.keep(object)
  t.true(table.delta()!.bytes.length < 50 * 60)
})
