import { definePipeline } from '../../../lib/index.ts'
import type { NewRecord } from '../../../lib/ports.ts'
import type { S3Options } from '../../../lib/s3/sink.ts'
import { memoryLog, memoryStore, virtualClock } from '../../../lib/testing.ts'
import { unpacked } from '../../../lib/testing/unpacked.ts'
import { verify } from '../../../lib/verify/verify.ts'
import { parse, type ParseOptions, type ParsePlainOptions } from '../../../operators/index.ts'
import { runToEnd } from '../world.ts'

const TOPIC = 'test'

/** A record, the text of its value, or so many offsets without one, as markers of transactions and compaction leave them. */
export type Entry = Partial<NewRecord> | string | number

export interface ArchiveOptions extends Omit<S3Options<unknown>, 'prefix'> {
  readonly parse?: ParseOptions | ParsePlainOptions<'text' | 'bytes'>
}

/** What became of a topic's records. */
export interface Archive {
  /** The text of every object, by its key without the sink's prefix, in the order of the keys. */
  readonly objects: Readonly<Record<string, string>>
  readonly keys: readonly string[]
  /** Why each rejected record was, by its offset. */
  readonly rejected: Readonly<Record<number, string>>
  /** Why each object was finished, in the order of the keys. */
  readonly because: readonly (string | undefined)[]
}

/** Lay the records of a topic with one partition out, by a sink with these options, and hold the commits against the log and the objects. */
export async function archive(
  entries: readonly Entry[],
  { parse: parsing, ...options }: ArchiveOptions = {},
): Promise<Archive> {
  const clock = virtualClock()
  const log = memoryLog({ clock })
  const store = memoryStore()
  await log.create(TOPIC, 1)
  const producer = await log.producer(TOPIC)
  for (const entry of entries)
    if (typeof entry === 'number') log.skip(TOPIC, 0, entry)
    else await producer.append([recordOf(entry)])
  await producer.close()

  const pipeline = definePipeline('peers', ({ kafka, s3, rejected }) => {
    kafka({ topic: TOPIC })
      .through(parse({ tombstones: 'keep', ...parsing } as ParseOptions))
      .to(s3({ prefix: 'out', ...options }))
    rejected.to(s3({ prefix: 'rejected' }))
  })
  await runToEnd({ clock, log, store }, { pipeline })
  const { findings } = await verify({ pipeline: 'peers', store, log, clock })
  if (findings.length > 0) throw new Error(JSON.stringify(findings))

  const objects = store.objects('out/')
  const rejects = store.objects('rejected/').flatMap(({ bytes }) =>
    bytes
      .toString()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { offset: number; reason: string }),
  )
  return {
    objects: Object.fromEntries(
      objects.map((object) => [object.key.slice('out/'.length), unpacked(object).toString()]),
    ),
    keys: objects.map(({ key }) => key.slice('out/'.length)),
    rejected: Object.fromEntries(rejects.map(({ offset, reason }) => [offset, reason])),
    because: objects.map(({ metadata }) => metadata['sluice-because']),
  }
}

const recordOf = (entry: Partial<NewRecord> | string): NewRecord => ({
  key: null,
  value: null,
  ...(typeof entry === 'string' ? { value: entry } : entry),
})

/** Their folders, each once, in the order of the keys. */
export const foldersOf = ({ keys }: Archive): string[] => [
  ...new Set(keys.map((key) => key.slice(0, key.lastIndexOf('/')))),
]
