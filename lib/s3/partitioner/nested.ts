import { checkedFolder } from './folder.ts'
import { goingBy, needsOf, type Partitioner } from './partitioner.ts'
import { remembered } from './remembered.ts'

/**
 * One folder inside the other, the first one outermost: `nested(byField('country'), hourly())`.
 *
 * @throws TypeError where one of them gives no folder; the sink rejects that message
 */
export const nested = <T>(
  ...partitioners: readonly [Partitioner<T>, ...Partitioner<T>[]]
): Partitioner<T> =>
  goingBy(
    partitioners.reduceRight((inner, outer) => insideOf(outer, inner)),
    ...partitioners.flatMap(needsOf),
  )

/** Paths are put together once for each pair, not once for each message. */
function insideOf<T>(outer: Partitioner<T>, inner: Partitioner<T>): Partitioner<T> {
  const join = remembered((head: string) => {
    const before = `${checkedFolder(head)}/`
    return remembered((tail: string) => before + checkedFolder(tail))
  })
  return (message, tick) => join(outer(message, tick))(inner(message, tick))
}
