import { definePipeline, hours, minutes } from '../../lib/index.ts'
import type { Pipeline } from '../../lib/pipeline.ts'
import type { Log } from '../../lib/ports.ts'
import type { SourceRecord } from '../../lib/message.ts'
import {
  count,
  dedupe,
  distinct,
  each,
  eventTime,
  keyBy,
  max,
  parse,
  reduce,
  sum,
  tumbling,
  validate,
  window,
} from '../../operators/index.ts'
import { withoutRepeats } from '../support/checker/repeats.ts'
import type { Expected } from './expected.ts'
import { TOPIC, type View, view } from './views.ts'

export const COPIES = 'copies'
export const TOTALS = 'totals'
export const LETTERS = 'dead-letters'

/** As the pipeline of views, but everything goes to topics: each view, totals, and what was rejected. */
export const producingPipeline = (): Pipeline =>
  definePipeline('relay', ({ kafka, rejected }) => {
    const views = kafka({ topic: TOPIC })
      .through(parse())
      .through(validate(view))
      .through(eventTime((event) => event.at, { outOfOrder: minutes(1), future: hours(1e6) }))

    views.to(kafka.to({ topic: COPIES, key: (event) => event.page }))

    views
      .through(dedupe((event) => event.id, { within: hours(1) }))
      .through(keyBy(each('page', 'country')))
      .through(window(tumbling(hours(1))))
      .through(
        reduce({
          views: count(),
          seconds: sum((event) => event.seconds),
          longest: max((event) => event.seconds),
          users: distinct((event) => event.user),
        }),
      )
      .to(kafka.to({ topic: TOTALS, key: (row) => row.value }))

    rejected.to(
      kafka.to({
        topic: LETTERS,
        key: () => null,
        value: ({ partition, offset, operator }) => `${partition}@${offset} ${operator}`,
      }),
    )
  })

export const PRODUCED = [COPIES, TOTALS, LETTERS]

/** All records of a topic, partition by partition. */
export async function recordsIn(log: Log, topic: string): Promise<SourceRecord[]> {
  const records: SourceRecord[] = []
  for (const { partition, low, high } of (await log.ranges(topic)) ?? [])
    for await (const batch of log.read(topic, partition, low, high)) records.push(...batch.records)
  return records
}

const linesOf = async (log: Log, topic: string): Promise<string[]> =>
  withoutRepeats(await recordsIn(log, topic))
    .map(({ bytes }) => String(bytes))
    .toSorted()

/** What the topics hold without repeats, as `expectedOf` says what is to be there. */
export const producedIn = async (log: Log): Promise<Expected> => ({
  raw: await linesOf(log, COPIES),
  rejected: await linesOf(log, LETTERS),
  totals: await linesOf(log, TOTALS),
})

/** Pages of which a lane has not produced the views of its partition in their order. Empty when all is well. */
export async function outOfOrderIn(log: Log): Promise<string[]> {
  const copies = withoutRepeats(await recordsIn(log, COPIES))
  const lines = new Set(copies.map(({ bytes }) => String(bytes)))
  const views = (await recordsIn(log, TOPIC)).filter(({ bytes }) => lines.has(String(bytes)))
  const produced = Map.groupBy(copies, ({ headers, bytes }) =>
    placeOf(String(headers?.['sluice-lane']), bytes),
  )
  const read = Map.groupBy(views, ({ partition, bytes }) => placeOf(`${TOPIC}-${partition}`, bytes))
  return [...read].flatMap(([place, records]) =>
    textOf(produced.get(place)) === textOf(records) ? [] : [place],
  )
}

const placeOf = (lane: string, bytes: Buffer | null): string =>
  `${lane} ${(JSON.parse(String(bytes)) as View).page}`

const textOf = (records: readonly SourceRecord[] = []): string =>
  records.map(({ bytes }) => String(bytes)).join('\n')
