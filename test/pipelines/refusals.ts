import test from 'ava'
import { definePipeline, hours, minutes } from '../../lib/index.ts'
import type { Flow } from '../../lib/flow.ts'
import type { Context } from '../../lib/pipeline.ts'
import { blueprintOf } from '../../lib/run/blueprint.ts'
import type { S3Options } from '../../lib/s3/sink.ts'
import {
  count,
  eventTime,
  fields,
  keyBy,
  parse,
  reduce,
  tumbling,
  window,
} from '../../operators/index.ts'

export interface View {
  readonly at: number
  readonly page: string
  readonly seconds: number
}

type World = Context<Record<never, never>>

/** What a user states who has not looked at the types. */
export const untyped = (options: unknown): never => options as never

export const build = (define: (world: World) => void): void =>
  void blueprintOf(definePipeline('views', define), {})

export const parsed = ({ kafka }: World): Flow<View> =>
  kafka({ topic: 'views' }).through(parse<View>())
export const timed = (world: World): Flow<View> =>
  parsed(world).through(eventTime((view) => view.at, { outOfOrder: minutes(1) }))

/** A pipeline whose one sink has such options; made within, as users make them. */
export const sink =
  (options: () => Partial<S3Options<View>>, flow = timed) =>
  (): void =>
    build((world) => flow(world).to(world.s3({ prefix: 'raw', ...options() })))

export const untimed = (options: () => Partial<S3Options<View>>) => sink(options, parsed)

export const source = (options: unknown) => (): void =>
  build(({ kafka, s3 }) => kafka(untyped(options)).to(s3({ prefix: 'raw' })))

export const through =
  (define: (flow: Flow<View>) => Flow<unknown>, flow = timed) =>
  (): void =>
    build((world) => define(flow(world)).to(world.s3({ prefix: 'raw' })))

export const results = (options: () => Partial<S3Options<unknown>>) => (): void =>
  build((world) =>
    timed(world)
      .through(keyBy(fields('page')))
      .through(window(tumbling(hours(1))))
      .through(reduce({ views: count() }))
      .to(world.s3<unknown>({ prefix: 'results', ...options() })),
  )

/** What cannot be, and what the message has to say: both options where two contradict, and the remedy. */
export type Refusals = Readonly<Record<string, readonly [build: () => void, message: RegExp]>>

export function testRefusals(refusals: Refusals): void {
  for (const [what, [define, message]] of Object.entries(refusals))
    test(`refused when the pipeline is built: ${what}`, (t) => {
      t.throws(define, { code: 'config', message })
    })
}
