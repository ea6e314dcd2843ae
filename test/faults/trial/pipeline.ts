import { z } from 'zod'
import { definePipeline, hourly, hours, jsonLines, minutes } from '../../../lib/index.ts'
import {
  count,
  dedupe,
  eventTime,
  fields,
  filter,
  keyBy,
  map,
  parse,
  reduce,
  sum,
  tumbling,
  validate,
  window,
} from '../../../operators/index.ts'

/** What a reading is. */
export const reading = z.object({
  id: z.string(),
  at: z.number(),
  sensor: z.string(),
  value: z.number(),
  pictured: z.boolean(),
})

const MEGABYTE = 1024 ** 2

/** A picture is its reading's id, again and again. */
export const pictureOf = (id: string): string => `${id} `.repeat((1.1 * MEGABYTE) / (id.length + 1))

/**
 * A pipeline that takes every step of the commit protocol: objects that are carried over commits, small ones that are put, large ones in uploads, messages for a
 * topic, totals over both partitions, and rejects. An epoch ends after at most 20 records.
 */
export const trialPipeline = (name: string) =>
  definePipeline(name, ({ kafka, s3, rejected }) => {
    const include = ['partition', 'offset'] as const
    const readings = kafka({ topic: name, maxPollRecords: 20 })
      .through(parse())
      .through(validate(reading))
      .through(eventTime(({ at }) => at, { outOfOrder: minutes(10) }))

    readings.to(
      s3({
        prefix: `${name}/raw`,
        partitionBy: hourly(),
        rotate: { records: 50 },
        format: jsonLines({ include: [...include] }),
      }),
    )
    readings
      .through(filter(({ pictured }) => pictured))
      .through(map(({ id }) => ({ id, picture: pictureOf(id) })))
      .to(s3({ prefix: `${name}/pictures`, format: jsonLines({ include: [...include] }) }))

    const unique = readings.through(dedupe(({ id }) => id, { within: hours(1) }))
    unique.to(kafka.to({ topic: `${name}-copies`, key: ({ sensor }) => sensor }))
    unique
      .through(keyBy(fields('sensor')))
      .through(window(tumbling(minutes(30))))
      .through(reduce({ readings: count(), value: sum(({ value }) => value) }))
      .to(s3({ prefix: `${name}/totals` }))

    rejected.to(s3({ prefix: `${name}/rejected` }))
  })
