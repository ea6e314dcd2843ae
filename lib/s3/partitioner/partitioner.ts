import type { Message } from '../../message.ts'

/**
 * The folder that a message's row goes to, as `a/b` without a slash at either end. A pure function of the message and `tick`, the wall clock in ms at the first
 * record of its epoch, which the commit records: a restart asks again and gets the same folder.
 *
 * @throws TypeError for a message that belongs in no folder; the sink rejects it with that reason
 */
export type Partitioner<in T> = (message: Message<T>, tick: number) => string

/** What not every message has: an event time, which `eventTime` sets; and a record that it was read from, which results of `reduce` lack. */
export type Need = 'event time' | 'record'

const needs = new WeakMap<Partitioner<never>, readonly Need[]>()

/** The same partitioner, with what it goes by: a pipeline in which that is never there is refused when it is built. */
export function goingBy<P extends Partitioner<never>>(partitioner: P, ...by: readonly Need[]): P {
  needs.set(partitioner, by)
  return partitioner
}

export const needsOf = (partitioner: Partitioner<never>): readonly Need[] =>
  needs.get(partitioner) ?? []
