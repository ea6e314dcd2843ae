/** A process that creates objects in a bucket's folder until it is killed. Key and metadata say what the bytes are. */
import { folderStore } from '../../../lib/local/store.ts'

const store = await folderStore(process.argv[2]!)
process.send?.('open')
for (let i = 0; ; i++) {
  const options = { ifAbsent: true, metadata: { size: `${i % 977}` } }
  await store.put(`objects/${i}`, Buffer.alloc(i % 977, 'x'), options)
  await store.put('replaced', Buffer.alloc(i), { metadata: { size: `${i}` } })
  process.send?.(i)
}
