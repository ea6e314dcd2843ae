import type { Message } from '../../message.ts'

/**
 * The folder that a message's row goes to, as `a/b` without a slash at either end. A pure function of the message and `tick`, the wall clock in ms at the first
 * record of its epoch, which the commit records: a restart asks again and gets the same folder.
 *
 * @throws TypeError for a message that belongs in no folder; the sink rejects it with that reason
 */
export type Partitioner<in T> = (message: Message<T>, tick: number) => string
