import { createHash } from 'node:crypto'
import type { StoredObject } from './remains.ts'

/** What a checker reads of a commit record. */
interface Commit {
  readonly index: number
  readonly kind: string
  readonly from: number
  readonly to: number
  readonly prevHash: string | null
  readonly objects: readonly {
    readonly key: string
    readonly token: string
    readonly sha256: string
  }[]
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

/**
 * Holds the chains of commits and what they say of objects against each other: indices without a gap, each record vouching for its predecessor, offsets
 * that go on where they ended, each object listed by exactly one commit, and there as it was committed. Shares no code with the runtime.
 */
export class ChainCheck {
  /** What is wrong, whatever comes. */
  readonly complaints: string[] = []
  readonly #newest = new Map<string, { readonly commit: Commit; readonly hash: string }>()
  readonly #listed = new Map<string, Commit['objects'][number]>()
  readonly #found = new Set<string>()

  /** The next record of a lane; lanes in any order. */
  record({ key, bytes }: Pick<StoredObject, 'key' | 'bytes'>): void {
    const lane = key.split('/commits/')[0]!
    const commit = JSON.parse(bytes.toString()) as Commit
    const before = this.#newest.get(lane)
    const where = `${lane} ${commit.index}`
    const index = (before?.commit.index ?? 0) + 1
    if (commit.index !== index) this.complaints.push(`${where}: stands at ${index}`)
    if (commit.prevHash !== (before?.hash ?? null))
      this.complaints.push(`${where}: other predecessor`)
    if (before && commit.from !== before.commit.to) this.complaints.push(`${where}: leaves a gap`)
    if (commit.to < commit.from) this.complaints.push(`${where}: goes back`)
    for (const object of commit.kind === 'commit' ? commit.objects : []) {
      if (this.#listed.has(object.key)) this.complaints.push(`${object.key}: listed twice`)
      this.#listed.set(object.key, object)
    }
    this.#newest.set(lane, { commit, hash: sha256(bytes) })
  }

  /** An object that readers see, once all records are known that can list it. */
  object({ key, bytes, metadata }: StoredObject): void {
    const object = this.#listed.get(key)
    if (!object) this.complaints.push(`${key}: no commit lists it`)
    else if (metadata['sluice-commit'] !== object.token) this.complaints.push(`${key}: other token`)
    else if (sha256(bytes) !== object.sha256) this.complaints.push(`${key}: other bytes`)
    this.#found.add(key)
  }

  /** Objects that are committed, and that nobody has seen. */
  missing(): string[] {
    return [...this.#listed.keys()]
      .filter((key) => !this.#found.has(key))
      .map((key) => `${key}: committed and not there`)
  }
}

/**
 * What is wrong with chains and objects when all is done: see `ChainCheck`.
 *
 * @param visible the objects that readers see
 * @param hidden the pipeline's own
 */
export function complaintsOfChains(
  visible: readonly StoredObject[],
  hidden: readonly StoredObject[],
): string[] {
  const check = new ChainCheck()
  const records = hidden.filter(({ key }) => key.includes('/commits/'))
  // keys are inverted: the newest comes first
  for (const record of records.toSorted((one, other) => (one.key < other.key ? 1 : -1)))
    check.record(record)
  for (const object of visible) check.object(object)
  return [...check.complaints, ...check.missing()]
}
