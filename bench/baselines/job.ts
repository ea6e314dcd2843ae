import { PutObjectCommand } from '@aws-sdk/client-s3'
import { consume } from './consume.ts'
import { readEvent } from './event.ts'
import { Identities } from './identities.ts'
import { Lines, room } from './lines.ts'
import { Totals } from './totals.ts'
import { s3, uploads, world } from './world.ts'

/**
 * Baseline (d): a loop that does what the e-commerce job does, as one would write it by hand. It archives events by the hour, drops duplicates,
 * and aggregates; its answers are the same. What it does not do is survive: a crash loses what the totals hold, or counts it twice.
 */
const HOUR = 3_600_000
const MINUTE = 60_000
const OUT_OF_ORDER = MINUTE
const SPAN = HOUR

/** An hour of one partition and commit is far below a part. */
const FIRST_CAPACITY = 256 * 1024

/** What is remembered of a partition. */
interface Partition {
  readonly identities: Identities
  newest: number
  /** By hour; what is no event lies under NaN. */
  open: Map<number, Lines>
}

const partitions = new Map<number, Partition>()
const totals = new Totals()
let objects = 0
let emittedTo = -Infinity

function partitionAt(number: number): Partition {
  let partition = partitions.get(number)
  if (!partition) {
    partition = { identities: new Identities(SPAN), newest: -Infinity, open: new Map() }
    partitions.set(number, partition)
  }
  return partition
}

function linesAt({ open }: Partition, hour: number): Lines {
  let lines = open.get(hour)
  if (!lines) {
    const folder = Number.isNaN(hour) ? 'rejected' : `raw/${new Date(hour * HOUR).toISOString()}`
    open.set(hour, (lines = new Lines(`job/${folder}/${objects++}.jsonl`, FIRST_CAPACITY)))
  }
  return lines
}

function takeOne(partition: Partition, value: Buffer | null, recordedAt: number): void {
  const event = readEvent(value, recordedAt)
  if (event === undefined || value === null) {
    linesAt(partition, NaN).add(value ?? Buffer.alloc(0))
    return
  }
  const time = event.timestamp
  const watermark = partition.newest - OUT_OF_ORDER
  if (time > partition.newest) partition.newest = time
  linesAt(partition, Math.floor(time / HOUR)).add(value)
  if (time < watermark - SPAN || !partition.identities.keep(event.eventGuid, time)) return
  if ((Math.floor(time / HOUR) + 1) * HOUR > watermark) totals.add(event)
}

/** What no partition expects earlier events than. */
function lowestWatermark(): number {
  if (partitions.size < world.partitions) return -Infinity
  return Math.min(...Array.from(partitions.values(), ({ newest }) => newest)) - OUT_OF_ORDER
}

/** Store the totals of the hours that are over in all partitions. */
async function emit(time: number): Promise<void> {
  if (Math.floor(time / HOUR) <= Math.floor(emittedTo / HOUR)) return
  emittedTo = time
  const rows = totals.take(time)
  if (rows.length === 0) return
  const Body = JSON.stringify(rows)
  const Key = `job/aggregates/${objects++}.json`
  await uploads(() => s3.send(new PutObjectCommand({ Bucket: world.bucket, Key, Body })))
}

const count = await consume({
  async take(number, messages) {
    const partition = partitionAt(number)
    for (const { value, timestamp } of messages) takeOne(partition, value, Number(timestamp))
    partition.identities.forget(partition.newest - OUT_OF_ORDER - 2 * SPAN)
    await room()
  },
  async finish(number) {
    const partition = partitionAt(number)
    const { open } = partition
    partition.open = new Map()
    const lines = [...open.values()].map((each) => each.finish())
    await Promise.all([...lines, emit(lowestWatermark())])
  },
})
await emit(Infinity)
s3.destroy()
console.log(`${count} records`)
