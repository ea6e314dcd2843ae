import type { Clock } from '../../clock.ts'
import { Chain } from '../../commit/chain.ts'
import { TOKEN } from '../../commit/publish.ts'
import type { CarriedObject, CommitRecord, Contents, StagedObject } from '../../commit/record.ts'
import type { ObjectStore } from '../../ports.ts'
import { retry } from '../../retry.ts'
import type { ObjectFrame } from '../../run/blueprint.ts'
import { byTimeThenOffset, timedRows } from '../../timed-row.ts'
import { entriesOf } from '../chain-entries.ts'
import { closes, extendsIt } from '../record-audit.ts'
import type { ObjectForm } from './row-reader.ts'

/** Something that can hold rows of a record, and what it was when the record's epoch ended. */
export type Candidate = { readonly was: StagedObject | CarriedObject; readonly commit: number } & (
  | { readonly state: 'closed'; readonly object: StagedObject }
  | { readonly state: 'open'; readonly object: CarriedObject }
)

/** Whether rows of a record can be in an object, by its first and last offset. */
const spans = ({ firstOffset, lastOffset }: Contents, offset: number): boolean =>
  firstOffset <= offset && offset <= lastOffset

/**
 * All that can hold rows of a record: objects that the commit of its epoch has finished, and those that were open then, as what they have become since. Reads
 * the chain on until they are finished.
 */
export async function candidatesOf(
  commit: CommitRecord,
  offset: number,
  chain: Chain,
  newest: number,
): Promise<Candidate[]> {
  const found: Candidate[] = commit.objects
    .filter((object) => spans(object, offset))
    .map((object) => ({ state: 'closed', commit: commit.index, object, was: object }))
  let open = commit.carried
    .filter((object) => spans(object, offset))
    .map((object) => ({ object, was: object }))
  for await (const { index, stored } of entriesOf(chain, newest, commit.index + 1)) {
    if (open.length === 0) break
    if (stored?.record.kind !== 'commit') continue
    const { objects, carried } = stored.record
    const next: typeof open = []
    for (const each of open) {
      const goesOn = carried.find((later) => extendsIt(later, each.object))
      const object = objects.find((later) => closes(later, each.object))
      if (goesOn) next.push({ ...each, object: goesOn })
      else if (object) found.push({ ...each, state: 'closed', commit: index, object })
    }
    open = next
  }
  return [...found, ...open.map((each) => ({ ...each, state: 'open', commit: newest }) as const)]
}

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
  if (there || staged.in !== 'bundle') return undefined
  const bytes = await retry(() => store.get(staged.bundle, staged), { clock })
  return bytes && { visible: false, chunks: chunksOf(bytes), form: object }
}

async function* framed(
  { segments, schema = '', order }: CarriedObject,
  { header, separator, footer }: ObjectFrame,
  store: ObjectStore,
  clock: Clock,
): AsyncGenerator<Buffer> {
  yield Buffer.from(header(schema))
  const runs = runsOf(segments, store, clock)
  let isFirst = true
  for await (const run of order === 'time' ? sorted(runs) : runs) {
    if (!isFirst) yield Buffer.from(separator)
    isFirst = false
    yield run
  }
  yield Buffer.from(footer)
}

async function* runsOf(
  segments: CarriedObject['segments'],
  store: ObjectStore,
  clock: Clock,
): AsyncGenerator<Buffer> {
  for (const { bundle, from, to } of segments) {
    const bytes = await retry(() => store.get(bundle, { from, to }), { clock })
    if (bytes) yield bytes
  }
}

/** Rows that are sorted when their object closes, one by one. Holds all of them. */
async function* sorted(runs: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const all: Buffer[] = []
  for await (const run of runs) all.push(run)
  for (const { row } of all.flatMap(timedRows).sort(byTimeThenOffset)) yield row
}

async function* chunksOf(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes
}
