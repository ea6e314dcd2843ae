import { indexOf } from '../../lib/commit/chain.ts'
import { TOKEN } from '../../lib/commit/publish.ts'
import { type CommitRecord, decode, sha256, type StagedObject } from '../../lib/commit/record.ts'
import type { MemoryStore } from '../../lib/testing.ts'

/**
 * What is wrong with a bucket at rest, by its chains alone: every chain dense and linked, offsets without a gap, fates that add up, every object
 * listed by exactly one commit and there as it was staged. Empty when all is well.
 */
export function problemsOf(store: MemoryStore): string[] {
  const problems: string[] = []
  const listed = new Map<string, StagedObject>()
  for (const [lane, records] of chainsOf(store)) {
    problems.push(...problemsOfChain(lane, records))
    for (const { kind, index, objects } of records.map(({ record }) => record))
      for (const object of kind === 'commit' ? objects : []) {
        if (listed.has(object.key))
          problems.push(`${object.key} is listed twice, by ${lane} ${index}`)
        listed.set(object.key, object)
      }
  }
  for (const { key, bytes, metadata } of store.objects()) {
    if (key.startsWith('_sluice/')) continue
    const object = listed.get(key)
    if (!object) problems.push(`${key} is listed by nobody`)
    else if (metadata[TOKEN] !== object.token) problems.push(`${key} has another token`)
    else if (sha256(bytes) !== object.sha256) problems.push(`${key} is not as it was staged`)
    listed.delete(key)
  }
  for (const key of listed.keys()) problems.push(`${key} was committed and is not there`)
  return problems
}

interface Link {
  readonly record: CommitRecord
  readonly hash: string
}

/** The chains of all lanes, each in the order of its indices. */
export function chainsOf(store: MemoryStore): Map<string, Link[]> {
  const chains = new Map<string, Link[]>()
  for (const { key, bytes } of store.objects('_sluice/')) {
    const [lane, name] = key.split('/commits/')
    if (lane === undefined || name === undefined) continue
    const { record } = decode(bytes)
    const chain = chains.get(lane) ?? []
    chain.unshift({ record, hash: sha256(bytes) })
    chains.set(lane, chain)
    if (record.index !== indexOf(key)) throw new Error(`${key} says that it is ${record.index}`)
  }
  return chains
}

function problemsOfChain(lane: string, records: readonly Link[]): string[] {
  const problems: string[] = []
  for (const [at, { record }] of records.entries()) {
    const complain = (what: string): unknown => problems.push(`${lane} ${record.index}: ${what}`)
    const before = records[at - 1]
    if (record.index !== at + 1) complain(`stands at ${at + 1}`)
    if (before && record.prevHash !== before.hash) complain('does not follow its predecessor')
    if (before && record.from !== before.record.to) complain('leaves a gap')
    if (record.to < record.from) complain('goes back')
    if (before && record.watermark < before.record.watermark) complain('its watermark goes back')
    for (const [sink, { kept, expanded = {}, dropped, rejected }] of Object.entries(record.fates)) {
      const fates = [kept, ...Object.values(dropped), ...Object.values(rejected)]
      const messages = Object.values(expanded).reduce((sum, n) => sum + n, record.records)
      if (fates.reduce((sum, n) => sum + n, 0) !== messages)
        complain(`the fates of ${sink} do not add up to ${messages}`)
    }
  }
  return problems
}
