import test from 'ava'
import { COPIES, NAME, campaignPipeline } from '../pipeline.ts'
import { type NewRecord } from '../../../../lib/ports.ts'
import { runPipeline } from '../../../../lib/run/run.ts'
import { memoryLog, memoryStore, virtualClock } from '../../../../lib/testing.ts'
import { recordsIn } from '../../../pipelines/produced.ts'
import { settings } from '../../../pipelines/world.ts'
import { Complaints } from '../../../support/checker/world.ts'
import { complaintsOfChains } from '../../trial/chains.ts'
import type { TopicRecord } from '../../trial/remains.ts'
import { PARTITIONS, recordText } from '../input.ts'
import { Copies } from './copies.ts'
import { LogReading } from './log-reading.ts'
import { Rows } from './rows.ts'
import { Totals } from './totals.ts'

/** Enough for pictures, records that are cut off, and repeats from long before. */
const RECORDS = 5_300

/** A batch of which the answer was lost stands in the log twice. */
const batches: readonly (readonly [from: number, to: number])[] = [
  [0, 5_000],
  [5_000, 5_200],
  [5_000, 5_200],
  [5_200, RECORDS],
]

const recordsOf = ([from, to]: readonly [number, number]): NewRecord[] =>
  Array.from({ length: PARTITIONS }, (_, partition) => partition).flatMap((partition) =>
    Array.from({ length: to - from }, (_, i) => ({
      partition,
      key: String(from + i),
      value: recordText(partition, from + i),
    })),
  )

test('the checker is content with what the pipeline makes of the input', async (t) => {
  const clock = virtualClock('2026-11-21T08:00:00Z')
  const log = memoryLog({ clock })
  await log.create(NAME, PARTITIONS)
  await log.create(COPIES, PARTITIONS)
  const producer = await log.producer(NAME)
  for (const batch of batches) await producer.append(recordsOf(batch))
  const store = memoryStore()
  const world = { clock, log, store }
  await clock.run(runPipeline(settings(world, { pipeline: campaignPipeline })))

  const complaints = new Complaints()
  const totals = new Totals(complaints)
  const reading = new LogReading(complaints, (...first) => totals.add(...first))
  const rows = new Rows(reading, totals, complaints)
  const copies = new Copies(reading, complaints)
  for (const record of await topicIn(NAME)) reading.take(record)
  for (const record of await topicIn(COPIES)) copies.take(record)
  const visible = store.objects(`${NAME}/`)
  for (const object of visible) rows.object(object)

  t.is(reading.produced, PARTITIONS * RECORDS)
  t.deepEqual(
    [
      ...complaints.all,
      ...rows.missing(),
      ...copies.missing(),
      ...totals.wrong(Infinity),
      ...complaintsOfChains(visible, store.objects('_sluice/')),
    ],
    [],
  )

  async function topicIn(topic: string): Promise<TopicRecord[]> {
    const records = await recordsIn(log, topic)
    return records.map(({ bytes, headers = {}, ...record }) => ({
      ...record,
      value: bytes,
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, text]) => [name, String(text)]),
      ),
    }))
  }
})
