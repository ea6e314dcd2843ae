/** A process that appends numbers to the only partition of a topic until it is killed. */
import { folderLog } from '../../../lib/local/log.ts'

const [folder, topic] = process.argv.slice(2)
const log = folderLog(folder!)
const [range] = (await log.ranges(topic!))!
const producer = await log.producer(topic!)
for (let i = range!.high; ; i += 3) {
  await producer.append([0, 1, 2].map((n) => ({ key: null, value: `${i + n}` })))
  process.send?.(i + 3)
}
