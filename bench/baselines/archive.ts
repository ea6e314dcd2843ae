import { consume } from './consume.ts'
import { Lines, room } from './lines.ts'
import { s3 } from './world.ts'

/** Baseline (b): a loop that archives every record's bytes, an object a partition and commit. */
const open = new Map<number, Lines>()
let objects = 0

const count = await consume({
  async take(partition, messages) {
    let lines = open.get(partition)
    if (!lines) open.set(partition, (lines = new Lines(`archive/${partition}-${objects++}.jsonl`)))
    for (const { value } of messages) if (value !== null) lines.add(value)
    await room()
  },
  async finish(partition) {
    const lines = open.get(partition)
    open.delete(partition)
    await lines?.finish()
  },
})
s3.destroy()
console.log(`${count} records`)
