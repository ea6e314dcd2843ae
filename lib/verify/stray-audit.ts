import { createHash } from 'node:crypto'
import { SYSTEM } from '../commit/chain.ts'
import { TOKEN } from '../commit/publish.ts'
import { instanceOf } from '../commit/record.ts'
import type { ObjectStore } from '../ports.ts'
import { retry } from '../retry.ts'
import { type AuditContext, labelOf } from './context.ts'
import { newestIndex } from './discovery.ts'
import type { LaneAudit } from './lane-audit.ts'

const MOVE_AWAY = 'move it away: who reads this prefix sees its rows twice'

/** What an object's token says of its origin. */
interface Origin {
  readonly instance: string
  readonly pipeline: string
  readonly topic: string
  readonly partition: number
  readonly stage: 1 | 2
  readonly commit: number
}

/** Objects that a record of the chain's past or future must list, and that is not there. */
interface Orphans {
  readonly label: string
  readonly commit: number
  readonly newest: number
  readonly first: string
  count: number
}

/**
 * Looks through the sinks' prefixes for objects that no record lists. What other writers have put there is left alone, unless it is a copy of one of
 * ours.
 *
 * Holds one entry for each commit whose record is gone.
 */
export class StrayAudit {
  /** Objects of other writers, and the first of them. */
  foreign = 0
  firstForeign: string | undefined
  readonly #context: AuditContext
  readonly #lanes: readonly LaneAudit[]
  readonly #orphans = new Map<string, Orphans>()

  constructor(context: AuditContext, lanes: readonly LaneAudit[]) {
    this.#context = context
    this.#lanes = lanes
  }

  /** Yields what is to be looked at: after the lanes' jobs are done. */
  async *jobs(): AsyncGenerator<() => Promise<void>> {
    const { store, keys } = this.#context
    for (const prefix of outermost(this.#lanes.flatMap(({ sinks }) => [...sinks])))
      for await (const key of store.list(prefix))
        if (!keys.has(key) && !key.startsWith(SYSTEM)) yield () => this.#judge(key)
  }

  /** Report what belongs together: call it when the jobs are done. */
  finish(): void {
    for (const { label, commit, newest, first, count } of this.#orphans.values())
      this.#context.findings.add({
        kind: 'lost',
        where: `${label} record ${commit}`,
        what: `the chain ends at record ${newest}, but ${count} objects bear the token of record ${commit}, such as ${first}`,
        advice: `restore the record, or move those objects away: their rows will be written again`,
      })
  }

  async #judge(key: string): Promise<void> {
    const { store, clock, sizes, instance } = this.#context
    const there = await retry(() => store.head(key), { clock })
    if (!there) return
    const token = there.metadata[TOKEN]
    const origin = token === undefined ? undefined : originOf(token)
    if (origin && origin.instance !== instanceOf(instance, origin.stage)) return
    if (origin) return this.#ours(key, origin)
    if (sizes.has(String(there.size)) && (await this.#isCopy(key)))
      return this.#doubled(key, 'it has the very bytes of an object that the ledger lists')
    this.foreign++
    this.firstForeign ??= key
  }

  async #ours(key: string, origin: Origin): Promise<void> {
    const { store, clock } = this.#context
    const { commit } = origin
    const label = labelOf(origin)
    const lane = this.#lanes.find((each) => each.label === label)
    if (lane?.absent.has(commit)) return
    if (lane && commit <= lane.newestIndex)
      return this.#doubled(
        key,
        `it bears the token of ${label} record ${commit}, which does not list it`,
      )
    const newest = await newestIndex(origin, store, clock)
    if (commit <= newest) return
    const orphans = this.#orphans.get(`${label} ${commit}`)
    if (orphans) orphans.count++
    else this.#orphans.set(`${label} ${commit}`, { label, commit, newest, first: key, count: 1 })
  }

  async #isCopy(key: string): Promise<boolean> {
    const { store, clock, hashes } = this.#context
    const sha256 = await retry(() => hashOf(key, store), { clock })
    return sha256 !== undefined && hashes.has(sha256)
  }

  #doubled(where: string, what: string): void {
    this.#context.findings.add({ kind: 'doubled', where, what, advice: MOVE_AWAY })
  }
}

/** Prefixes of keys, without those that lie in others. */
function outermost(sinks: readonly string[]): string[] {
  const prefixes = sinks
    .map((sink) => sink.replace(/^\/+|\/+$/g, ''))
    .map((prefix) => prefix && `${prefix}/`)
  return [...new Set(prefixes)].filter(
    (prefix) => !prefixes.some((other) => other !== prefix && prefix.startsWith(other)),
  )
}

/** What a token says, or undefined for what is none of this project's. */
function originOf(token: string): Origin | undefined {
  const [instance = '', pipeline = '', topic = '', partition, stage, commit] = token.split('/')
  const numbers = [partition, stage, commit].map(Number)
  if (numbers.some(Number.isNaN)) return undefined
  return {
    instance,
    pipeline,
    topic,
    partition: Number(partition),
    stage: stage === '2' ? 2 : 1,
    commit: Number(commit),
  }
}

async function hashOf(key: string, store: ObjectStore): Promise<string | undefined> {
  const chunks = await store.read(key)
  if (!chunks) return undefined
  const hash = createHash('sha256')
  for await (const chunk of chunks) hash.update(chunk)
  return hash.digest('hex')
}
