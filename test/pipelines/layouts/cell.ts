import type { ExecutionContext } from 'ava'
import { definePipeline, hours, minutes } from '../../../lib/index.ts'
import type { Compression } from '../../../lib/s3/compression.ts'
import type { ObjectName } from '../../../lib/s3/object-name.ts'
import { Once } from '../../../lib/s3/once.ts'
import { crash, feed, type Outcome, restart } from '../../../lib/testing.ts'
import { unpacked } from '../../../lib/testing/unpacked.ts'
import { eventTime, parse } from '../../../operators/index.ts'
import { type Event, events, recordOf } from './events.ts'
import type { Layout } from './folders.ts'
import type { Rotating } from './rotations.ts'
import { rowOf, type Writing } from './rows.ts'

/** One way to lay events out. */
export interface Cell {
  readonly layout: Layout
  readonly writing: Writing
  readonly rotating: Rotating
  readonly name: ObjectName | Once<Event> | undefined
  readonly compression: Compression | undefined
}

export const pipelineOf = ({ layout, writing, rotating, name, compression }: Cell) => {
  const partitionBy = layout.by()
  return definePipeline('layouts', ({ kafka, s3, rejected }) => {
    kafka({ topic: 'layouts', keyedBy: ({ id }: Event) => `k${id}` })
      .through(parse<Event>({ integers: 'exact' }))
      .through(eventTime(({ at }) => at, { outOfOrder: minutes(1), future: hours(24) }))
      .to(
        s3<Event>({
          prefix: 'out',
          format: writing.format(),
          ...(partitionBy && { partitionBy }),
          ...(rotating.rotate && { rotate: rotating.rotate }),
          ...(name && { name }),
          ...(compression && { compression }),
        }),
      )
    rejected.to(s3({ prefix: 'rejected' }))
  })
}

/** Later events have higher offsets. */
const byTime = (a: Event, b: Event): number => a.at - b.at || a.id - b.id

/** Run a cell whose process is killed before this event, and hold what it wrote against the events, record by record. */
export async function runCell(t: ExecutionContext, cell: Cell, killed: number): Promise<Outcome> {
  const records = events.map(recordOf)
  const outcome = await feed(
    ...records.slice(0, killed),
    crash(),
    restart(),
    ...records.slice(killed),
  ).into(pipelineOf(cell), { partitions: 2 })
  t.deepEqual(outcome.rows('rejected'), [])
  const found = new Map<string, number>()
  for (const object of outcome.objects('out')) {
    const folder = object.key.split('/').slice(1, -1).join('/')
    const rows = cell.writing.read(unpacked(object).toString())
    if (rows.length > (cell.rotating.most ?? Infinity))
      t.fail(`${object.key} has ${rows.length} rows`)
    const order = rows.map((row) => events[Number(row['id'])] as Event)
    if (cell.name instanceof Once) t.deepEqual(order, order.toSorted(byTime), object.key)
    for (const { key, topic, partition, offset, ...row } of rows) {
      const event = events[Number(row['id'])] as Event
      const id = row['id'] as string
      found.set(id, (found.get(id) ?? 0) + 1)
      t.deepEqual({ country: null, ...row }, { ...rowOf(event) })
      t.is(folder, cell.layout.folder(event), object.key)
      if (cell.writing.record)
        t.deepEqual(
          [key, topic, partition, offset],
          [`k${id}`, 'layouts', String(event.id % 2), String(Math.floor(event.id / 2))],
        )
    }
  }
  t.deepEqual(
    [...found.values()],
    events.map(() => 1),
    'every event once',
  )
  await outcome.expectNoLoss()
  return outcome
}
