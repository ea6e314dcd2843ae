import {
  bytes,
  choice,
  definePipeline,
  duration,
  hourly,
  hours,
  integer,
  jsonArray,
  jsonLines,
  milliseconds,
  minutes,
  seconds,
  timestampOf,
} from '../lib/index.ts'
import {
  count,
  dedupe,
  distinct,
  each,
  enrich,
  eventTime,
  keyBy,
  map,
  max,
  mean,
  min,
  parse,
  reduce,
  sum,
  tumbling,
  validate,
  window,
} from '../operators/index.ts'
import {
  aggregateRow,
  dimensions,
  ecommerceEvent,
  inRegion,
  joined,
  regional,
  regions,
} from './ecommerce.schema.ts'

const options = {
  maxPollRecords: integer(10_000, 'most records of one chunk and of one raw array'),
  pollTimeout: duration(milliseconds(500), 'longest wait of a fetch for new records'),
  flushThreshold: integer(10_000, 'aggregate rows that start an object'),
  outOfOrder: duration(minutes(1), 'how far behind the newest event another may be'),
  dedupeWithin: duration(hours(1), 'event time between two events of one guid that are duplicates'),
  dimensions: choice(
    ['single', 'joined', 'region'],
    'an aggregate for each dimension, for all five as one, or for each and the region',
  ),
  maxRecordBytes: bytes(1024 ** 2, 'a larger record is rejected by reference'),
}

export default definePipeline('ecommerce', options, ({ kafka, s3, table, rejected, options }) => {
  const events = kafka({
    topic: 'ecommerce-events',
    maxPollRecords: options.maxPollRecords,
    pollTimeout: options.pollTimeout,
    keyedBy: (event) => event.eventGuid,
  })
    .through(parse({ maxBytes: options.maxRecordBytes }))
    .through(validate(ecommerceEvent))
    .through(eventTime((event) => event.timestamp, { outOfOrder: options.outOfOrder }))

  events.to(
    s3({
      prefix: 'raw-json',
      partitionBy: hourly(),
      format: jsonArray(),
      rotate: { records: options.maxPollRecords, watermark: hours(1), every: minutes(1) },
      name: ({ firstTime, instance, lane, commitIndex, ordinal }) =>
        `events_${timestampOf(firstTime)}_${instance}-${lane}-${commitIndex}-${ordinal}.json`,
    }),
  )

  const unique = events.through(
    dedupe((event) => event.eventGuid, { within: options.dedupeWithin }),
  )
  const keyed =
    options.dimensions === 'region'
      ? unique
          .through(enrich(table(regions), { by: (event) => event.country, into: inRegion }))
          .through(keyBy(regional))
      : unique.through(keyBy(options.dimensions === 'single' ? each(...dimensions) : joined))

  keyed
    .through(window(tumbling(hours(1))))
    .through(
      reduce({
        count: count(),
        sum: sum((event) => event.value),
        min: min((event) => event.value),
        max: max((event) => event.value),
        mean_session_duration: mean((event) => event.session_duration),
        unique_users: distinct((event) => event.user_id ?? 'unknown'),
      }),
    )
    .through(map(aggregateRow))
    .to(
      s3({
        prefix: 'aggregates',
        partitionBy: hourly(),
        format: jsonArray(),
        rotate: { records: options.flushThreshold, every: seconds(1) },
        name: ({ instance, lane, commitIndex, ordinal }) =>
          `aggregates_${instance}-${lane}-${commitIndex}-${ordinal}.json`,
      }),
    )

  rejected.to(
    s3({
      prefix: 'rejected',
      partitionBy: hourly(),
      format: jsonLines(),
      name: ({ instance, lane, commitIndex, ordinal }) =>
        `rejected_${instance}-${lane}-${commitIndex}-${ordinal}.jsonl`,
    }),
  )
})
