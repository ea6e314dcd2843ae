import { z } from 'zod'
import { definePipeline, hourly, jsonLines, once, seconds, segment } from '../../lib/index.ts'
import type { Taken } from '../../lib/s3/once.ts'
import type { StoredObject } from '../../lib/testing.ts'
import { eventTime, parse, validate } from '../../operators/index.ts'
import { TOPIC } from './views.ts'

/** Something that a user does, in a topic that is keyed by the user. */
export interface Visit {
  readonly user: string
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly n: number
}

const visit = z.object({ user: z.string(), at: z.number(), n: z.number() })

export const second = (at: number): string => new Date(at).toISOString().slice(11, 19)

/** By key, the visits of each object, in their order. */
export const visitsIn = (objects: readonly StoredObject[]): [key: string, visits: Visit[]][] =>
  objects.map(({ key, bytes }) => [
    key,
    String(bytes)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Visit),
  ])

/** A file for each user and second, below a folder for each user. */
export const visitsPipeline = (taken?: Taken) =>
  definePipeline('visits', ({ kafka, s3, rejected }) => {
    kafka({ topic: TOPIC, keyedBy: (visit: Visit) => visit.user })
      .through(parse())
      .through(validate(visit))
      .through(eventTime((visit) => visit.at, { outOfOrder: seconds(2), idle: seconds(20) }))
      .to(
        s3({
          prefix: 'visits',
          partitionBy: ({ value }) => segment(value.user),
          format: jsonLines(),
          name: once({
            of: ({ value }) => second(value.at),
            span: seconds(1),
            ...(taken && { taken }),
          }),
        }),
      )

    rejected.to(s3({ prefix: 'rejected', partitionBy: hourly({ by: 'record' }) }))
  })
