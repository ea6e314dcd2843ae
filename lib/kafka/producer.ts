import pLimit from 'p-limit'
import { systemClock } from '../clock.ts'
import { messageOf, SluiceError } from '../errors.ts'
import { partitionOf } from '../murmur2.ts'
import type { NewRecord, Producer } from '../ports.ts'
import { errorName, isPassing } from './error-codes.ts'
import { partitionName } from './fetched-batch.ts'
import type { PartitionBatch } from './produce.ts'
import { encodeRecordBatch, recordSize } from './record-batch.ts'
import type { Topic } from './topic.ts'

/** Below what a broker takes by default, 1 MiB. */
const MAX_BATCH_BYTES = 900 * 1024

const IN_FLIGHT = 4

const ATTEMPTS = 10

/**
 * Writes to one topic, uncompressed, acknowledged by all replicas in sync. Records with a key go
 * where Kafka's own producer puts them, those without to one partition an `append`, in turn. What
 * passes by itself is tried ten times, which takes about half a minute while no broker is there;
 * where an answer was lost, records can then stand twice. `append` rejects with a `SluiceError`
 * that names the partition. At most four appends are encoded and in flight; more of them wait.
 */
export function createProducer(topic: Topic): Producer {
  const limit = pLimit(IN_FLIGHT)
  let turn = 0
  let retries = 0

  async function append(records: readonly NewRecord[]): Promise<void> {
    const partitions = topic.leaders().size
    const rounds = roundsOf(records, partitions, turn++ % partitions)
    // In order for each partition: its next batch leaves when the one before is written.
    for (const round of rounds) await write(encodeRound(round))
  }

  async function write(batches: readonly PartitionBatch[]): Promise<void> {
    let left = batches
    for (let attempt = 1; ; attempt++) {
      const failures = await writeOnce(left)
      if (failures.length === 0) return
      const last = failures.find(({ passing }) => !passing) ?? failures[0]!
      if (!last.passing || attempt === ATTEMPTS) {
        const where = partitionName(topic, last.batch.partition)
        throw new SluiceError(last.passing ? 'service' : 'config', `${where}: ${last.reason}`)
      }
      left = failures.map(({ batch }) => batch)
      retries += left.length
      await topic.recover(attempt)
    }
  }

  async function writeOnce(batches: readonly PartitionBatch[]): Promise<Failure[]> {
    const leaders = topic.leaders()
    const byLeader = Map.groupBy(batches, ({ partition }) => leaders.get(partition) ?? -1)
    const failures = await Promise.all(
      Array.from(byLeader, ([leader, some]) => writeTo(leader, some)),
    )
    return failures.flat()
  }

  async function writeTo(leader: number, batches: PartitionBatch[]): Promise<Failure[]> {
    try {
      const written = await topic.produce(leader, batches)
      return written.flatMap(({ partition, error }) => {
        if (error === 0) return []
        const batch = batches.find((sent) => sent.partition === partition)!
        return [{ batch, reason: errorName(error), passing: isPassing(error) }]
      })
    } catch (error) {
      return batches.map((batch) => ({ batch, reason: messageOf(error), passing: true }))
    }
  }

  return {
    get partitions() {
      return topic.leaders().size
    },
    append: (records) => limit(append, records),
    get retries() {
      return retries
    },
    close: () => topic.close(),
  }
}

interface Failure {
  readonly batch: PartitionBatch
  readonly reason: string
  readonly passing: boolean
}

/** Records by partition, as many as one batch may hold. */
type Round = Map<number, NewRecord[]>

/**
 * One round where the records of every partition fit into one batch. A record that alone is larger
 * is a batch of its own, which the broker may refuse.
 */
export function roundsOf(
  records: readonly NewRecord[],
  partitions: number,
  keyless: number,
): Round[] {
  const rounds: Round[] = []
  const filled = new Map<number, { round: number; bytes: number }>()
  for (const record of records) {
    const { key, partition = key === null ? keyless : partitionOf(Buffer.from(key), partitions) } =
      record
    const bytes = recordSize(record)
    let fill = filled.get(partition)
    if (!fill || fill.bytes + bytes > MAX_BATCH_BYTES) {
      fill = { round: fill ? fill.round + 1 : 0, bytes: 0 }
      filled.set(partition, fill)
    }
    fill.bytes += bytes
    const round = (rounds[fill.round] ??= new Map())
    const batch = round.get(partition)
    if (batch) batch.push(record)
    else round.set(partition, [record])
  }
  return rounds
}

function encodeRound(round: Round): PartitionBatch[] {
  const now = systemClock.now()
  return Array.from(round, ([partition, records]) => ({
    partition,
    bytes: encodeRecordBatch(records, now),
  }))
}
