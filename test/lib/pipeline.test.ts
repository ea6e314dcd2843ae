import test from 'ava'
import {
  integer,
  definePipeline,
  hourly,
  days,
  hours,
  minutes,
  once,
  template,
} from '../../lib/index.ts'
import { operator } from '../../lib/operator.ts'
import type { Blueprint, Context } from '../../lib/pipeline.ts'
import { kafkaSink } from '../../lib/kafka/sink.ts'
import { s3Sink } from '../../lib/s3/sink.ts'
import {
  count,
  dedupe,
  eventTime,
  filter,
  keyBy,
  map,
  parse,
  reduce,
  tumbling,
  window,
} from '../../operators/index.ts'

interface View {
  id: string
  at: number
}

type World = Context<Record<never, never>>

const build = (define: (world: World) => void): Blueprint =>
  definePipeline('views', define).build({ s3: s3Sink, kafkaTo: kafkaSink }, {})

/** Everything up to events with their times. */
const viewsOf = ({ kafka }: Pick<World, 'kafka'>) =>
  kafka({ topic: 'views' })
    .through(parse<View>())
    .through(eventTime((view) => view.at, { outOfOrder: minutes(1) }))

const refused: readonly [string, RegExp, (world: World) => void][] = [
  ['no source', /^views has no source: begin it with kafka/, () => undefined],
  [
    'two sources',
    /^views has two sources: a pipeline has one, which may read several topics/,
    ({ kafka, s3 }) => {
      kafka({ topic: 'views' }).to(s3({ prefix: 'views' }))
      kafka({ topic: 'clicks' }).to(s3({ prefix: 'clicks' }))
    },
  ],
  ...(
    [
      ['both a topic and topics', { topic: 'a', topics: ['b'] }, /topic for one, or topics for/],
      ['neither a topic nor topics', {}, /^views: kafka\(\) names no topic: say topic: 'a' or/],
      ['an empty list of topics', { topics: [] }, /^views: kafka\(\) names no topic/],
      ['a topic that is named twice', { topics: ['a', 'b', 'a'] }, /names the topic a twice$/],
      ['what no topic is called', { topics: ['a', 'b c'] }, /takes names of .*, not 'b c'$/],
      ['a topic without a name', { topic: '' }, /takes names of .*, not ''$/],
      [
        'an option that there is not',
        { topic: 'a', group: 'b' },
        /kafka\(\) has no option group: it/,
      ],
      [
        'keys that no function tells',
        { topic: 'a', keyedBy: 'id' as never },
        /function, not 'id'$/,
      ],
    ] as const
  ).map(([what, options, message]): (typeof refused)[number] => [
    what,
    message,
    ({ kafka, s3 }) => kafka(options).to(s3({ prefix: 'views' })),
  ]),
  [
    'two sinks to one topic',
    /^two sinks write to kafka topic 'copies': give one another topic/,
    ({ kafka }) => {
      const views = kafka({ topic: 'views' })
      views.to(kafka.to({ topic: 'copies', key: () => null }))
      views.to(kafka.to({ topic: 'copies', key: () => 'a' }))
    },
  ],
  [
    'its own topic as a sink',
    /^the pipeline reads topic views and would produce to it/,
    ({ kafka, rejected, s3 }) => {
      kafka({ topic: 'views' }).to(s3({ prefix: 'views' }))
      rejected.to(kafka.to({ topic: 'views', key: () => null }))
    },
  ],
  [
    'a flow that leads nowhere',
    /^the flow after filter has no sink: end it with \.to\(…\), or take it out/,
    (world) => {
      const views = viewsOf(world)
      views.through(filter((view) => view.id !== ''))
      views.to(world.s3({ prefix: 'raw' }))
    },
  ],
  [
    'a source that leads nowhere',
    /^the source has no sink/,
    ({ kafka }) => void kafka({ topic: 'views' }),
  ],
  [
    'an operator in two places',
    /^the operator map is used twice: call map\(…\) once for each place/,
    (world) => {
      const same = map((view: View) => view)
      const views = viewsOf(world)
      views.through(same).to(world.s3({ prefix: 'a' }))
      views.through(filter((view) => view.id !== '')).through(same)
    },
  ],
  [
    'a sink at the end of two flows',
    /^the sink s3 prefix 'raw' is used twice: make a sink for each flow/,
    (world) => {
      const views = viewsOf(world)
      const sink = world.s3<View>({ prefix: 'raw' })
      views.to(sink)
      views.through(filter((view) => view.id !== '')).to(sink)
    },
  ],
  [
    'two sinks at one place',
    /^two sinks write to s3 prefix 'raw': give one another prefix/,
    (world) => {
      const views = viewsOf(world)
      views.to(world.s3({ prefix: 'raw' }))
      views.through(filter((view) => view.id !== '')).to(world.s3({ prefix: '/raw/' }))
    },
  ],
  [
    'a reduce of results of a reduce',
    /^again follows reduce: results of a reduce cannot be reduced again/,
    (world) =>
      viewsOf(world)
        .through(keyBy((view) => view.id))
        .through(window(tumbling(hours(1))))
        .through(reduce({ views: count() }))
        .through(keyBy((total) => total.key))
        .through(window(tumbling(hours(1))))
        .through(reduce({ views: count() }, { as: 'again' }))
        .to(world.s3({ prefix: 'totals' })),
  ],
  [
    'a reduce of what was rejected',
    /^reduce is in the rejected flow, which cannot be reduced/,
    (world) => {
      viewsOf(world).to(world.s3({ prefix: 'raw' }))
      world.rejected
        .through(keyBy((rejected) => rejected.reason))
        .through(window(tumbling(hours(1))))
        .through(reduce({ views: count() }))
        .to(world.s3({ prefix: 'totals' }))
    },
  ],
  [
    'two operators that keep their state under one name',
    /^two operators keep state as 'dedupe': give one a name of its own, as: '…'/,
    (world) => {
      const views = viewsOf(world)
      views.through(dedupe((view) => view.id, { within: hours(1) })).to(world.s3({ prefix: 'a' }))
      views.through(dedupe((view) => view.id, { within: hours(2) })).to(world.s3({ prefix: 'b' }))
    },
  ],
  [
    'a window that is longer than duplicates are remembered',
    /^dedupe remembers 60000 ms, less than the 3600000 ms that a window of window takes events for/,
    (world) =>
      viewsOf(world)
        .through(dedupe((view) => view.id, { within: minutes(1) }))
        .through(keyBy((view) => view.id))
        .through(window(tumbling(hours(1))))
        .through(reduce({ views: count() }))
        .to(world.s3({ prefix: 'totals' })),
  ],
  [
    'days of a zone, the longest of which is longer than duplicates are remembered',
    /^dedupe remembers 86400000 ms, less than the 90000000 ms/,
    (world) =>
      viewsOf(world)
        .through(dedupe((view) => view.id, { within: days(1) }))
        .through(keyBy((view) => view.id))
        .through(window(tumbling(days(1), { zone: 'Europe/Berlin' })))
        .through(reduce({ views: count() }))
        .to(world.s3({ prefix: 'totals' })),
  ],
  [
    'a limit in event time that no operator sets',
    /^rotate\.watermark of s3 prefix 'raw' needs event time, which no operator before it sets: put eventTime/,
    ({ kafka, s3 }) =>
      kafka({ topic: 'views' })
        .through(parse())
        .to(s3({ prefix: 'raw', rotate: { watermark: hours(1) } })),
  ],
  [
    'a limit in event time in the rejected flow',
    /^rotate\.span of s3 prefix 'bad' needs event time, which the rejected flow does not have/,
    (world) => {
      viewsOf(world).to(world.s3({ prefix: 'raw' }))
      world.rejected.to(world.s3({ prefix: 'bad', rotate: { span: hours(1) } }))
    },
  ],
  [
    'names that are the same for two of its topics',
    /^the pipeline reads several topics, and name of s3 prefix 'raw' is the same .* put the topic or the lane into it/,
    ({ kafka, s3 }) =>
      kafka({ topics: /^orders/ }).to(
        s3({ prefix: 'raw', name: template('{partition}-{first}.{extension}') }),
      ),
  ],
  ...(
    [
      [
        'names that two lanes could write',
        {},
        /^name of s3 prefix 'views' is once\(…\), and nothing says what the topic is keyed by.* say kafka\({ topic, keyedBy/,
      ],
      [
        'names that two topics could have',
        { topics: ['views', 'clicks'], keyedBy: () => '' },
        /once\(…\) is for one topic$/,
      ],
    ] as const
  ).map(([what, options, message]): (typeof refused)[number] => [
    what,
    message,
    ({ kafka, s3 }) =>
      kafka({ topic: 'views', ...('topics' in options && { topic: undefined }), ...options })
        .through(parse<View>())
        .to(s3({ prefix: 'views', name: once({ of: ({ value }) => value.id }) })),
  ]),
  [
    'a name that is written once, of results',
    /^name of s3 prefix 'days' is once\(…\), which is for records of the topic: results of reduce come from none/,
    ({ kafka, s3 }) =>
      kafka({ topic: 'views', keyedBy: (view: View) => view.id })
        .through(parse<View>())
        .through(eventTime((view) => view.at, { outOfOrder: minutes(1) }))
        .through(keyBy((view) => view.id))
        .through(window(tumbling(days(1))))
        .through(reduce({ n: count() }))
        .to(s3({ prefix: 'days', name: once({ of: 'views' }) })),
  ],
  [
    'a name that is written once, of rejected events',
    /^name of s3 prefix 'rejected' is once\(…\), and rejected events are in any partition/,
    ({ kafka, s3, rejected }) => {
      kafka({ topic: 'views', keyedBy: (view: View) => view.id }).to(s3({ prefix: 'views' }))
      rejected.to(s3({ prefix: 'rejected', name: once({ of: 'events' }) }))
    },
  ],
  [
    'a span without event time',
    /^the span of once of s3 prefix 'views' needs event time, which no operator before it sets/,
    ({ kafka, s3 }) =>
      kafka({ topic: 'views', keyedBy: (view: View) => view.id })
        .through(parse<View>())
        .to(s3({ prefix: 'views', name: once({ of: ({ value }) => value.id, span: days(1) }) })),
  ],
  [
    'a name that is written once beside a rotation',
    /^name: once\(…\) says itself when an object is finished, and rotate.records says it otherwise: leave rotate out/,
    ({ kafka, s3 }) =>
      kafka({ topic: 'views', keyedBy: (view: View) => view.id })
        .through(parse<View>())
        .to(s3({ prefix: 'views', name: once({ of: 'views' }), rotate: { records: 10 } })),
  ],
  [
    'a name that is the same for all objects of a folder',
    /^name of s3 prefix 'orders' is the same for all objects of a folder, and objects are never overwritten: .* say name: once\({ of: … }\)$/,
    ({ kafka, s3 }) =>
      kafka({ topic: 'orders' }).to(s3({ prefix: 'orders', name: template('order_data.json') })),
  ],
]

for (const [what, message, define] of refused)
  test(`a pipeline is refused with ${what}`, (t) => {
    t.throws(() => build(define), { code: 'config', message })
  })

test('a name that no store and no group can hold is refused', (t) => {
  for (const name of ['', 'Views', '-views', 'my views', 'a/b'])
    t.throws(() => definePipeline(name, () => undefined), {
      code: 'config',
      message: `a pipeline cannot be called '${name}': lower-case letters, digits, '-', '_' and '.' only`,
    })
})

test('building starts nothing, and every time it makes streams of its own', (t) => {
  const pipeline = definePipeline('views', (world: World) =>
    viewsOf(world).to(world.s3({ prefix: 'raw', partitionBy: hourly() })),
  )
  const first = pipeline.build({ s3: s3Sink, kafkaTo: kafkaSink }, {})
  const second = pipeline.build({ s3: s3Sink, kafkaTo: kafkaSink }, {})
  t.not(first.heads.source.children[0]?.operator, second.heads.source.children[0]?.operator)
  t.is(first.fingerprint, second.fingerprint)
})

test('what the rejected flow leads to may be left out, and may have operators of its own', (t) => {
  t.notThrows(() =>
    build((world) => {
      viewsOf(world).to(world.s3({ prefix: 'raw' }))
      world.rejected
        .through(filter((rejected) => rejected.reason !== 'late'))
        .to(world.s3({ prefix: 'rejected' }))
    }),
  )
})

test('options have their defaults unless a value is given', (t) => {
  const seen: number[] = []
  const options = { size: integer(5, 'how many') }
  const pipeline = definePipeline('views', options, ({ kafka, s3, options: { size } }) => {
    seen.push(size)
    kafka({ topic: 'views' }).to(s3({ prefix: 'raw' }))
  })
  pipeline.build({ s3: s3Sink, kafkaTo: kafkaSink }, {})
  pipeline.build({ s3: s3Sink, kafkaTo: kafkaSink }, { size: 7 })
  t.deepEqual(seen, [5, 7])
})

test('the fingerprint changes with what gives the state its meaning, and with nothing else', (t) => {
  const print = (within: number, as?: string, extra = false) =>
    build((world) => {
      const views = viewsOf(world)
      const flow = extra ? views.through(filter((view) => view.id !== '')) : views
      flow
        .through(dedupe((view) => view.id, { within, ...(as !== undefined && { as }) }))
        .to(world.s3({ prefix: extra ? 'a' : 'b' }))
    }).fingerprint
  t.is(print(hours(1)), print(hours(1), undefined, true))
  t.not(print(hours(1)), print(hours(2)))
  t.not(print(hours(1)), print(hours(1), 'other'))
})

test('an operator of one’s own is an operator like any other', (t) => {
  const mine = () => operator<View, View>('mine', () => ({ message: (m, out) => out.emit(m) }))
  t.notThrows(() =>
    build((world) =>
      viewsOf(world)
        .through(mine())
        .to(world.s3({ prefix: 'raw' })),
    ),
  )
})

test('a mistake in a definition is told with its place, as types are not checked when it runs', (t) => {
  const pipeline = definePipeline('views', ({ kafka, s3 }) => {
    const views = kafka({ topic: 'views' })
    // @ts-expect-error -- what the type checker would have said
    views.into(s3({ prefix: 'raw' }))
  })
  const error = t.throws(() => pipeline.build({ s3: s3Sink, kafkaTo: kafkaSink }, {}), {
    code: 'config',
  })
  t.regex(
    error.message,
    /^the pipeline views cannot be built: views\.into is not a function \(at .*pipeline\.test\.ts:\d+:\d+\)+\. What npm run typecheck says may tell why$/,
  )
})
