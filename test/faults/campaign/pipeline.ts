import { definePipeline, hourly, jsonLines, minutes, seconds } from '../../../lib/index.ts'
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
import { pictureOf, reading } from '../trial/pipeline.ts'

/** Name of the pipeline, of its topic, and of all prefixes. */
export const NAME = 'campaign'
export const COPIES = `${NAME}-copies`

export const WINDOW = minutes(5)

/** As far as repeats lie back, and the copies of a batch whose answer was lost. */
export const OUT_OF_ORDER = minutes(2)

/**
 * A pipeline that takes every step of the commit protocol, as that of a trial does, with objects that the wall clock finishes every second.
 */
export const campaignPipeline = definePipeline(NAME, ({ kafka, s3, rejected }) => {
  const format = () => jsonLines({ include: ['partition', 'offset'] })
  const readings = kafka({ topic: NAME })
    .through(parse())
    .through(validate(reading))
    // a pause of the campaign is none of its sensors
    .through(eventTime(({ at }) => at, { outOfOrder: OUT_OF_ORDER, idle: minutes(30) }))

  readings.to(
    s3({
      prefix: `${NAME}/raw`,
      partitionBy: hourly(),
      rotate: { every: seconds(1) },
      format: format(),
    }),
  )
  readings
    .through(filter(({ pictured }) => pictured))
    .through(map(({ id }) => ({ id, picture: pictureOf(id) })))
    .to(s3({ prefix: `${NAME}/pictures`, format: format() }))

  const unique = readings.through(dedupe(({ id }) => id, { within: WINDOW }))
  unique.to(kafka.to({ topic: COPIES, key: ({ sensor }) => sensor }))
  unique
    .through(keyBy(fields('sensor')))
    .through(window(tumbling(WINDOW)))
    .through(reduce({ readings: count(), value: sum(({ value }) => value) }))
    .to(s3({ prefix: `${NAME}/totals` }))

  rejected.to(s3({ prefix: `${NAME}/rejected` }))
})
