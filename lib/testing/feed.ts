import { Barrier, Chunk, type Item, type Message, Watermark } from '../message.ts'
import type { Operator } from '../operator.ts'
import type { Pipeline } from '../pipeline.ts'
import type { Stores } from '../state/stores.ts'
import { Crash, type Input, isMessage, Restart } from './input.ts'
import { type Fed, OperatorRun, type Outside } from './operator-run.ts'
import type { Outcome } from './outcome.ts'
import { type IntoOptions, runInto } from './pipeline-run.ts'

/** Input for an operator, or a whole pipeline, under test; see `feed`. */
export interface Feed<I> {
  /** Resolves to the values that the operator emits, at the end of the input too. */
  through<O>(operator: Operator<I, O>, outside?: Outside): Promise<O[]>
  /** Resolves to all that it did. With the stores of an earlier run it starts as after a restart: with new stores that read those back. */
  run<O>(operator: Operator<I, O>, earlier?: Stores, outside?: Outside): Promise<Fed<O>>
  /**
   * Run a whole pipeline, on a log and an object store in memory and a clock of its own; resolves to what is there when it has read all and ended.
   *
   * @throws SluiceError as the pipeline does; Error when what comes before a barrier is not committed after a day of the test's clock, or the pipeline
   * does not end within one
   */
  into(pipeline: Pipeline, options?: IntoOptions): Promise<Outcome>
}

/**
 * Feed items to one operator, or into a pipeline: messages made by `at`, barriers, crashes and restarts; to an operator also watermarks, and chunks
 * such as the items that another operator sent.
 *
 * To an operator: every message is judged by the last watermark before it. The input ends as a finite stream does, with a watermark of `Infinity`,
 * unless it ends with a barrier or a crash. Values are frozen, so that an operator that changes what it was handed fails. A crash forgets what was
 * done since the last barrier; a restart does it again.
 */
export function feed<I>(...input: Input<I>[]): Feed<I> {
  const run = async <O>(
    operator: Operator<I, O>,
    earlier?: Stores,
    outside: Outside = {},
  ): Promise<Fed<O>> => {
    const items = chunksOf(input)
    if (!isEnd(items.at(-1))) items.push(new Watermark(Infinity))
    const restarts = items.some((item) => item instanceof Crash || item instanceof Restart)
    const lane = new OperatorRun(operator, earlier, restarts, outside)
    for (const item of items) await lane.take(item)
    return lane.end()
  }
  return {
    run,
    through: async (operator, outside) => (await run(operator, undefined, outside)).values,
    into: (pipeline, options) => runInto(pipeline, input, options),
  }
}

const isEnd = (item: Item<unknown> | Crash | Restart | undefined): boolean =>
  item instanceof Barrier ||
  item instanceof Crash ||
  (item instanceof Watermark && item.time === Infinity)

/** One chunk for every run of messages, each message with the watermark that holds for it. */
function chunksOf<I>(input: Input<I>[]): (Item<I> | Crash | Restart)[] {
  const items: (Item<I> | Crash | Restart)[] = []
  let messages: Message<I>[] = []
  let watermarkTime = -Infinity
  const close = (): void => {
    if (messages.length > 0) items.push(new Chunk(messages))
    messages = []
  }
  for (const item of input) {
    if (item instanceof Chunk) {
      close()
      messages = item.messages.map((message) => judged(message, watermarkTime))
      close()
    } else if (isMessage(item)) {
      messages.push(judged(item, watermarkTime))
    } else {
      close()
      items.push(item)
      if (item instanceof Watermark) watermarkTime = Math.max(watermarkTime, item.time)
    }
  }
  close()
  return items
}

const judged = <I>(message: Message<I>, watermarkTime: number): Message<I> =>
  Object.freeze({
    ...message,
    value: deepFreeze(message.value),
    watermark: Math.max(message.watermark, watermarkTime),
  })

function deepFreeze<T>(value: T): T {
  if (value !== null && typeof value === 'object' && !ArrayBuffer.isView(value)) {
    for (const inner of Object.values(value)) deepFreeze(inner)
    Object.freeze(value)
  }
  return value
}
