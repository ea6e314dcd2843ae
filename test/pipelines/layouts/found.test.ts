import test from 'ava'
import { gzip, zstd } from '../../../lib/index.ts'
import { memoryStore, virtualClock } from '../../../lib/testing.ts'
import { unpacked } from '../../../lib/testing/unpacked.ts'
import { find } from '../../../lib/verify/trace/find.ts'
import { type Cell, pipelineOf, runCell } from './cell.ts'
import { events } from './events.ts'
import { layouts } from './folders.ts'
import { rotations } from './rotations.ts'
import { writings } from './rows.ts'

const compressions = { 'not compressed': () => undefined, 'as gzip': gzip, 'as zstd': zstd }

for (const [format, writing] of Object.entries(writings))
  for (const [title, compression] of Object.entries(compressions))
    test(`${format}, ${title}: every commit comes to the same again, and every event is found in its row`, async (t) => {
      const cell: Cell = {
        layout: layouts['field']!,
        writing,
        rotating: rotations['by records']!,
        name: undefined,
        compression: compression(),
      }
      const outcome = await runCell(t, cell, events.length / 2)
      const pipeline = pipelineOf(cell)
      await outcome.expectSameAgain(pipeline)
      for (const { id } of events) {
        const { traces } = await find({
          topic: 'layouts',
          partition: id % 2,
          offset: Math.floor(id / 2),
          log: outcome.log,
          store: outcome.store,
          clock: virtualClock(),
          replay: { pipelineOf: () => Promise.resolve(pipeline), scratch: memoryStore() },
        })
        const [{ by, paths } = { by: undefined, paths: [] }] = traces
        t.is(by, 'replay')
        const [place] = paths[0]!.places
        const [object] = outcome.store.objects(place!.key)
        const bytes = unpacked(object!)
        t.is(writing.read(bytes.toString())[place!.rows[0]! - 1]!['id'], String(id))
        t.is(place!.bytes === undefined, compression !== compressions['not compressed'])
        if (place!.bytes) t.is(String(bytes.subarray(...place!.bytes)), place!.text ?? '')
      }
    })
