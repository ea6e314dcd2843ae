import { goingBy, type Partitioner } from './partitioner.ts'
import { remembered } from './remembered.ts'

/**
 * `partition=<number>`, the partition of its topic that a message was read from.
 *
 * @throws TypeError for a message that was read from none, such as a result of `reduce`; the sink rejects it
 */
export function byKafkaPartition(): Partitioner<unknown> {
  const folderOf = remembered((partition: number) => `partition=${partition}`)
  return goingBy(({ record }) => {
    if (record.partition >= 0) return folderOf(record.partition)
    throw new TypeError('no folder by the partition of the topic: the event was read from none')
  }, 'record')
}
