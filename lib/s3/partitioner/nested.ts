import type { Partitioner } from './partitioner.ts'
import { remembered } from './remembered.ts'

/** One folder inside the other, the first one outermost: `nested(byField('country'), hourly())`. */
export const nested = <T>(
  ...partitioners: readonly [Partitioner<T>, ...Partitioner<T>[]]
): Partitioner<T> => partitioners.reduceRight((inner, outer) => insideOf(outer, inner))

/** Paths are put together once for each pair, not once for each message. */
function insideOf<T>(outer: Partitioner<T>, inner: Partitioner<T>): Partitioner<T> {
  const join = remembered((head: string) => remembered((tail: string) => `${head}/${tail}`))
  return (message, tick) => join(outer(message, tick))(inner(message, tick))
}
