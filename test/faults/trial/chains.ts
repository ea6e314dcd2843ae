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
 * What is wrong with the chains of commits and with what they say of objects: indices without a gap, each record vouching for its predecessor, offsets
 * that go on where they ended, each object listed by exactly one commit, and there as it was committed. Shares no code with the runtime.
 *
 * @param visible the objects that readers see
 * @param hidden the pipeline's own
 */
export function complaintsOfChains(
  visible: readonly StoredObject[],
  hidden: readonly StoredObject[],
): string[] {
  const complaints: string[] = []
  const records = hidden.filter(({ key }) => key.includes('/commits/'))
  const listed = new Map<string, Commit['objects'][number]>()
  for (const [lane, chain] of Map.groupBy(records, ({ key }) => key.split('/commits/')[0])) {
    // keys are inverted: the newest comes first
    const commits = chain
      .toSorted((one, other) => (one.key < other.key ? 1 : -1))
      .map(({ bytes }) => ({ commit: JSON.parse(bytes.toString()) as Commit, hash: sha256(bytes) }))
    for (const [at, { commit }] of commits.entries()) {
      const before = commits[at - 1]
      const where = `${lane} ${commit.index}`
      if (commit.index !== at + 1) complaints.push(`${where}: stands at ${at + 1}`)
      if (commit.prevHash !== (before?.hash ?? null)) complaints.push(`${where}: other predecessor`)
      if (before && commit.from !== before.commit.to) complaints.push(`${where}: leaves a gap`)
      if (commit.to < commit.from) complaints.push(`${where}: goes back`)
      for (const object of commit.kind === 'commit' ? commit.objects : []) {
        if (listed.has(object.key)) complaints.push(`${object.key}: listed twice`)
        listed.set(object.key, object)
      }
    }
  }
  for (const { key, bytes, metadata } of visible) {
    const object = listed.get(key)
    if (!object) complaints.push(`${key}: no commit lists it`)
    else if (metadata['sluice-commit'] !== object.token) complaints.push(`${key}: other token`)
    else if (sha256(bytes) !== object.sha256) complaints.push(`${key}: other bytes`)
    listed.delete(key)
  }
  for (const key of listed.keys()) complaints.push(`${key}: committed and not there`)
  return complaints
}
