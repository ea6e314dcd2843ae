import { goingBy, type Partitioner } from './partitioner.ts'
import { remembered } from './remembered.ts'
import { segment } from './segment.ts'

/**
 * The topic that a message was read from, as a folder: `nested(byTopic(), byKafkaPartition())` is `test/partition=0`.
 *
 * @throws TypeError for a message that was read from none, such as a result of `reduce`; the sink rejects it
 */
export function byTopic(): Partitioner<unknown> {
  const folderOf = remembered(segment)
  return goingBy(({ record }) => {
    if (record.topic !== '') return folderOf(record.topic)
    throw new TypeError('no folder by topic: the event was read from none')
  }, 'record')
}
