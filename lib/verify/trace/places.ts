import type { Clock } from '../../clock.ts'
import { Chain } from '../../commit/chain.ts'
import { TOKEN } from '../../commit/publish.ts'
import type {
  CarriedObject,
  CommitRecord,
  Contents,
  Segment,
  StagedObject,
} from '../../commit/record.ts'
import type { ObjectStore } from '../../ports.ts'
import { retry } from '../../retry.ts'
import { entriesOf } from '../chain-entries.ts'
import { closes, extendsIt } from '../record-audit.ts'

/** Something that can hold rows of a record. */
export type Candidate =
  | { readonly state: 'closed'; readonly commit: number; readonly object: StagedObject }
  | { readonly state: 'open'; readonly commit: number; readonly object: CarriedObject }

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
    .map((object) => ({ state: 'closed', commit: commit.index, object }))
  let open = commit.carried.filter((object) => spans(object, offset))
  for await (const { index, stored } of entriesOf(chain, newest, commit.index + 1)) {
    if (open.length === 0) break
    if (stored?.record.kind !== 'commit') continue
    const { objects, carried } = stored.record
    const next: CarriedObject[] = []
    for (const each of open) {
      const goesOn = carried.find((later) => extendsIt(later, each))
      const object = objects.find((later) => closes(later, each))
      if (goesOn) next.push(goesOn)
      else if (object) found.push({ state: 'closed', commit: index, object })
    }
    open = next
  }
  return [...found, ...open.map((object) => ({ state: 'open', commit: newest, object }) as const)]
}

/** What is there of an object, as bytes: of one that is not visible yet, what will be. */
export async function bytesOf(
  { state, object }: Candidate,
  store: ObjectStore,
  clock: Clock,
): Promise<{ readonly visible: boolean; readonly chunks: AsyncIterable<Buffer> } | undefined> {
  if (state === 'open') return { visible: false, chunks: spansOf(object.segments, store, clock) }
  const there = await retry(() => store.head(object.key), { clock })
  const chunks =
    there?.metadata[TOKEN] === object.token &&
    (await retry(() => store.read(object.key), { clock }))
  if (chunks) return { visible: true, chunks }
  const { staged } = object
  if (there || staged.in !== 'bundle') return undefined
  const first = await retry(() => store.get(staged.bundle, staged), { clock })
  return first && { visible: false, chunks: chunksOf([first]) }
}

/** Runs of rows, with a line break between two of them. */
async function* spansOf(
  segments: readonly Segment[],
  store: ObjectStore,
  clock: Clock,
): AsyncGenerator<Buffer> {
  for (const { bundle, from, to } of segments) {
    const bytes = await retry(() => store.get(bundle, { from, to }), { clock })
    if (bytes) yield bytes
    yield Buffer.from('\n')
  }
}

async function* chunksOf(pieces: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* pieces
}
