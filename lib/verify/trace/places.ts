import type { Clock } from '../../clock.ts'
import { Chain } from '../../commit/chain.ts'
import { TOKEN } from '../../commit/publish.ts'
import type { CommitRecord, Contents, StagedObject } from '../../commit/record.ts'
import { readSegments } from '../../commit/segments.ts'
import type { ObjectStore } from '../../ports.ts'
import { retry } from '../../retry.ts'
import type { ObjectFrame } from '../../run/blueprint.ts'
import { sortedRows } from '../../timed-row.ts'
import { entriesOf } from '../chain-entries.ts'
import { type OpenObject, openObjectsOf } from '../open-objects.ts'
import type { ObjectForm } from './row-reader.ts'

/** Something that can hold rows of a record, and whether it stayed open when the record's epoch ended. */
export type Candidate = { readonly stayedOpen: boolean; readonly commit: number } & (
  | { readonly state: 'closed'; readonly object: StagedObject }
  | { readonly state: 'open'; readonly object: OpenObject }
)

/** Whether rows of a record can be in an object, by its first and last offset. */
const spans = ({ firstOffset, lastOffset }: Contents, offset: number): boolean =>
  firstOffset <= offset && offset <= lastOffset

/**
 * All that can hold rows of a record: objects that the commit of its epoch has finished, and those that may have been open then, as what they have become
 * since. Reads the chain on until none of those is.
 */
export async function candidatesOf(
  commit: CommitRecord,
  offset: number,
  chain: Chain,
  newest: number,
  store: ObjectStore,
  clock: Clock,
): Promise<Candidate[]> {
  const found: Candidate[] = closedIn(commit, offset).map((object) => ({
    state: 'closed',
    commit: commit.index,
    object,
    stayedOpen: false,
  }))
  let last = commit
  for await (const { index, stored } of entriesOf(chain, newest, commit.index + 1)) {
    if (!hasOpen(last, offset)) return found
    if (stored?.record.kind !== 'commit') continue
    last = stored.record
    for (const object of closedIn(last, offset))
      found.push({ state: 'closed', commit: index, object, stayedOpen: true })
  }
  if (!hasOpen(last, offset)) return found
  const open = await openObjectsOf(last, store, clock)
  return [
    ...found,
    ...open
      .filter((object) => spans(object, offset))
      .map((object) => ({ state: 'open', commit: newest, object, stayedOpen: true }) as const),
  ]
}

const closedIn = ({ objects }: CommitRecord, offset: number): StagedObject[] =>
  objects.filter((object) => spans(object, offset))

/** Whether an object that has begun by then may still be open. */
const hasOpen = ({ open = {}, carried }: CommitRecord, offset: number): boolean =>
  [...Object.values(open), ...carried].some(({ firstOffset }) => firstOffset <= offset)

/** What is there of an object, and how its rows are told apart. */
export interface Holding {
  readonly visible: boolean
  readonly chunks: AsyncIterable<Buffer>
  readonly form: ObjectForm
}

/**
 * What is there of an object: of one that is not visible yet, what will be; of an open one, what it were if it closed now.
 *
 * @param frames by sink; without that of its sink an open object cannot be read
 */
export async function holdingOf(
  { state, object }: Candidate,
  frames: ReadonlyMap<string, ObjectFrame>,
  store: ObjectStore,
  clock: Clock,
): Promise<Holding | undefined> {
  if (state === 'open') {
    const frame = frames.get(object.sink)
    if (!frame) return undefined
    const { schema = '' } = object
    const form = { contentType: frame.contentType, schema }
    return { visible: false, chunks: framed(object, frame, store, clock), form }
  }
  const there = await retry(() => store.head(object.key), { clock })
  const chunks =
    there?.metadata[TOKEN] === object.token &&
    (await retry(() => store.read(object.key), { clock }))
  if (chunks) return { visible: true, chunks, form: object }
  const { staged } = object
  if (there || staged.in === 'upload') return undefined
  if (staged.in === 'bundles') {
    const rows = readSegments(staged.segments, store, { clock })
    return { visible: false, chunks: rows, form: object }
  }
  const bytes = await retry(() => store.get(staged.bundle, staged), { clock })
  return bytes && { visible: false, chunks: chunksOf(bytes), form: object }
}

async function* framed(
  { runs, schema = '', order }: OpenObject,
  { header, separator, footer }: ObjectFrame,
  store: ObjectStore,
  clock: Clock,
): AsyncGenerator<Buffer> {
  yield Buffer.from(header(schema))
  let isFirst = true
  for await (const run of order === 'time'
    ? sorted(runsOf(runs, store, clock))
    : runsOf(runs, store, clock)) {
    if (!isFirst) yield Buffer.from(separator)
    isFirst = false
    yield run
  }
  yield Buffer.from(footer)
}

async function* runsOf(
  runs: OpenObject['runs'],
  store: ObjectStore,
  clock: Clock,
): AsyncGenerator<Buffer> {
  for (const { spans: parts } of runs) {
    const pieces: Buffer[] = []
    for (const { bundle, from, to } of parts)
      pieces.push(
        (await retry(() => store.get(bundle, { from, to }), { clock })) ?? Buffer.alloc(0),
      )
    yield Buffer.concat(pieces)
  }
}

/** Rows that are sorted when their object closes, one by one. Holds all of them. */
async function* sorted(runs: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const all: Buffer[] = []
  for await (const run of runs) all.push(run)
  for (const { row } of sortedRows(all)) yield row
}

async function* chunksOf(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes
}
