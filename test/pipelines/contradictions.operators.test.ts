import { z } from 'zod'
import { hours, minutes } from '../../lib/index.ts'
import {
  batch,
  count,
  dedupe,
  each,
  enrich,
  eventTime,
  fields,
  hopping,
  keyBy,
  parse,
  reduce,
  tumbling,
  validate,
  window,
} from '../../operators/index.ts'
import { untyped, build, timed, source, through, parsed, testRefusals } from './refusals.ts'

testRefusals({
  'topic and topics': [
    source({ topic: 'a', topics: ['b'] }),
    /topic for one, or topics for several, not both/,
  ],
  'no topic': [source({}), /names no topic: say topic/],
  'a topic twice': [source({ topics: ['a', 'a'] }), /names the topic a twice/],
  'chunks of nothing': [source({ topic: 'a', maxPollRecords: 0 }), /maxPollRecords from 1, not 0/],
  'fetches that wait for nothing': [
    source({ topic: 'a', pollTimeout: 0 }),
    /pollTimeout of kafka\(\) must be a duration above zero/,
  ],
  'a topic that is produced to without a key': [
    () => build((world) => timed(world).to(world.kafka.to(untyped({ topic: 'out' })))),
    /kafka\.to: key is a function.*or \(\) => null/,
  ],
  'a topic that is read and produced to': [
    () => build((world) => timed(world).to(world.kafka.to({ topic: 'views', key: () => null }))),
    /reads topic views and would produce to it.*another topic/,
  ],

  'integers of a text': [
    through((flow) => flow.through(untyped(parse(untyped({ format: 'text', integers: 'exact' }))))),
    /integers of parse is for JSON, and the format is text: leave one of them out/,
  ],
  'a format that there is not': [
    through((flow) => flow.through(untyped(parse(untyped({ format: 'avro' }))))),
    /format of parse is json, .*, not avro/,
  ],
  'values of no bytes': [
    through((flow) => flow.through(untyped(parse({ maxBytes: 0 })))),
    /maxBytes of parse is a number of bytes above 0, not 0/,
  ],
  'a word for tombstones that there is not': [
    through((flow) => flow.through(untyped(parse(untyped({ tombstones: 'ignore' }))))),
    /tombstones of parse is reject, keep or drop, not ignore/,
  ],
  'a word for what is invalid that there is not': [
    through((flow) => flow.through(validate(z.unknown(), untyped({ onInvalid: 'ignore' })))),
    /onInvalid of validate is reject, drop or fail, not ignore/,
  ],
  'a word for failed look-ups that there is not': [
    through((flow) =>
      flow.through(
        enrich((view) => view, untyped({ into: (view: unknown) => view, onFailure: 'ignore' })),
      ),
    ),
    /onFailure of enrich is reject, pass or fail, not ignore/,
  ],
  'no batch at all': [
    through((flow) => flow.through(batch({}))),
    /batch needs count, bytes, or both/,
  ],
  'two clocks of one name': [
    through((flow) => flow.through(eventTime((view) => view.at, { outOfOrder: 0 }))),
    /two operators keep state as 'eventTime'.*as: '…'/,
  ],
  'windows without event time': [
    through(
      (flow) =>
        flow
          .through(keyBy(fields('page')))
          .through(window(tumbling(hours(1))))
          .through(reduce({ views: count() })),
      parsed,
    ),
    /window counts its windows in event time.*put eventTime/,
  ],
  'duplicates without event time': [
    through((flow) => flow.through(dedupe((view) => view.page, { within: hours(1) })), parsed),
    /dedupe counts within in event time.*put eventTime/,
  ],
  'duplicates that are forgotten within their window': [
    through((flow) =>
      flow
        .through(dedupe((view) => view.page, { within: minutes(1) }))
        .through(keyBy(fields('page')))
        .through(window(tumbling(hours(1))))
        .through(reduce({ views: count() })),
    ),
    /dedupe remembers .* window .* Make within longer or the window shorter/,
  ],
  'a dimension twice': [
    through((flow) => flow.through(keyBy(each('page', 'page')))),
    /keyBy names the field page twice/,
  ],
  'a result with one column for two things': [
    through((flow) =>
      flow
        .through(keyBy(fields('page')))
        .through(window(tumbling(hours(1))))
        .through(reduce({ page: count() })),
    ),
    /reduce has the column page from keyBy already: give that reducer another name/,
  ],
  'a result of dimensions with one column for two things': [
    through((flow) =>
      flow
        .through(keyBy(each('page', 'seconds')))
        .through(window(tumbling(hours(1))))
        .through(reduce({ value: count() })),
    ),
    /reduce has the column value from keyBy already/,
  ],
  'a result with its window twice': [
    through((flow) =>
      flow
        .through(keyBy(fields('page')))
        .through(window(tumbling(hours(1))))
        .through(reduce({ window: count() })),
    ),
    /reduce has the column window already/,
  ],
  'windows that leave gaps': [
    through((flow) =>
      flow
        .through(keyBy(fields('page')))
        .through(window(hopping({ size: minutes(1), every: minutes(2) })))
        .through(reduce({ views: count() })),
    ),
    /every of hopping .* is above its size/,
  ],
  'hours of a zone': [
    through((flow) =>
      flow
        .through(keyBy(fields('page')))
        .through(window(tumbling(hours(1), { zone: 'Europe/Berlin' })))
        .through(reduce({ views: count() })),
    ),
    /size of tumbling must be whole days where it has a zone/,
  ],
})
