import { SluiceError } from '../../errors.ts'
import type { Message } from '../../message.ts'
import { problemWithKey } from '../key.ts'
import { goingBy, needsOf, type Partitioner } from './partitioner.ts'

/**
 * A folder for tombstones, the events that are null, beside those of all others: `tombstones('deleted', byField('country'))`. For flows that keep them,
 * `parse({ tombstones: 'keep' })`. The other partitioner sees no null, and its type says so.
 *
 * @throws SluiceError 'config' for a folder that is none, when it is built
 */
export function tombstones<T>(folder: string, others: Partitioner<T>): Partitioner<T | null> {
  const problem = problemWithKey(folder)
  if (problem !== undefined)
    throw new SluiceError('config', `tombstones cannot lie in the folder '${folder}': ${problem}`)
  const folderOf: Partitioner<T | null> = (message, tick) =>
    message.value === null ? folder : others(message as Message<T>, tick)
  return goingBy(folderOf, ...needsOf(others))
}
