/** A process that joins a group on a folder and stays, or says why it could not. */
import { folderLog } from '../../../lib/local/log.ts'

const [folder, topic, group] = process.argv.slice(2)
const listener = { assigned: () => {}, batch: () => {}, failed: () => {} }
try {
  const log = folderLog(folder!)
  const topics = await log.topics([topic!])
  await log.join({ topics, group: group!, pollTimeout: 100, listener })
  process.send?.('joined')
} catch (error) {
  process.send?.(String(error))
}
process.on('message', () => {})
