import { kafkaLog } from '../../lib/kafka/log.ts'
import { idOf } from '../../lib/topics.ts'

/** A member of a group, in a process of its own that a test can kill: prints its assignments. */
const [broker, topic, group] = process.argv.slice(2) as [string, string, string]
const log = await kafkaLog({ brokers: [broker] })
await log.join({
  topics: await log.topics([topic]),
  group,
  pollTimeout: 200,
  listener: {
    assigned: (partitions) => console.log(`assigned ${partitions.map(idOf).join()}`),
    batch: () => {},
    failed: (error) => console.log(`failed ${error.message}`),
  },
})
