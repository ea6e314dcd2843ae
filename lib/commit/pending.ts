import type { Clock } from '../clock.ts'
import { type Duration, hours } from '../duration.ts'
import { SluiceError } from '../errors.ts'
import type { ObjectStore } from '../ports.ts'
import { retry } from '../retry.ts'
import { Chain } from './chain.ts'
import { TOKEN } from './publish.ts'
import type { CommitRecord, StagedObject } from './record.ts'

/** What is committed becomes visible within seconds: after that, somebody is to be told. */
export const OVERDUE: Duration = hours(1)

/** Objects of a lane's newest record that wait in uploads, which a store may remove. */
export interface Waiting {
  readonly first: StagedObject
  readonly count: number
  /** When they were committed, in ms, by the clock of whoever did it. */
  readonly since: number
}

/** What has waited in uploads for too long when a lane's newest record is found; undefined where nothing has. */
export async function overdueIn(
  newest: CommitRecord,
  store: ObjectStore,
  clock: Clock,
): Promise<Waiting | undefined> {
  const uploads = newest.objects.filter(({ staged }) => staged.in === 'upload')
  if (uploads.length === 0) return undefined
  const since = await committedAt(newest, store, clock)
  if (clock.now() - since < OVERDUE) return undefined
  const hidden: StagedObject[] = []
  for (const object of uploads) if (!(await isVisible(object, store, clock))) hidden.push(object)
  const [first] = hidden
  return first && { first, count: hidden.length, since }
}

/** Whether an object is there, with its token. */
export const isVisible = async (
  { key, token }: StagedObject,
  store: ObjectStore,
  clock: Clock,
): Promise<boolean> => (await retry(() => store.head(key), { clock }))?.metadata[TOKEN] === token

/** When the objects of a record were committed, in ms by the clock of whoever did it: claims copy them. */
export async function committedAt(
  newest: CommitRecord,
  store: ObjectStore,
  clock: Clock,
): Promise<number> {
  const chain = new Chain(newest.lane, store, clock)
  let record = newest
  while (record.kind === 'claim') {
    const before = await readable(chain, record.index - 1)
    if (!before || before.objects.length === 0) break
    record = before
  }
  return Date.parse(record.at)
}

/** A record, if it is there and whole. */
export async function readable(chain: Chain, index: number): Promise<CommitRecord | undefined> {
  try {
    return (await chain.read(index))?.record
  } catch (error) {
    if (error instanceof SluiceError && error.code === 'corrupt') return undefined
    throw error
  }
}
