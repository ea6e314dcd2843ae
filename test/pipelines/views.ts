import { z } from 'zod'
import { definePipeline, hourly, hours, jsonLines, minutes } from '../../lib/index.ts'
import type { KafkaOptions, Pipeline } from '../../lib/pipeline.ts'
import type { Rotation } from '../../lib/s3/rotation.ts'
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

export const view = z.object({
  id: z.string().min(1),
  at: z.number().int(),
  user: z.string(),
  page: z.string(),
  country: z.string().nullable(),
  seconds: z.number(),
})

export type View = z.infer<typeof view>

export const TOPIC = 'views'

/** The pipeline that most tests run: raw events, hourly totals of distinct ones, and what was rejected. */
export const viewsPipeline = ({
  rotate,
  source = { topic: TOPIC },
}: { rotate?: Rotation; source?: KafkaOptions } = {}): Pipeline =>
  definePipeline('views', ({ kafka, s3, rejected }) => {
    const rotation = rotate && { rotate }
    const views = kafka(source)
      .through(parse())
      .through(validate(view))
      .through(eventTime((event) => event.at, { outOfOrder: minutes(1), future: hours(1e6) }))

    views.to(s3({ prefix: 'raw', partitionBy: hourly(), format: jsonLines(), ...rotation }))

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
      .to(s3({ prefix: 'totals', partitionBy: hourly(), ...rotation }))

    rejected.to(s3({ prefix: 'rejected', ...rotation }))
  })

export const MORNING = Date.parse('2023-12-01T09:00:00Z')

/** A view of one page by one user. */
export const viewAt = (time: number, id: string): View => ({
  id,
  at: time,
  user: 'user',
  page: 'page',
  country: null,
  seconds: 1,
})
