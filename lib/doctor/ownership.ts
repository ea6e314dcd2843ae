import type { Clock } from '../clock.ts'
import { isBundle } from '../commit/bundle.ts'
import { SYSTEM, systemPrefix } from '../commit/chain.ts'
import { probePrefix } from '../commit/probe.ts'
import { TOKEN } from '../commit/publish.ts'
import { instanceOf } from '../commit/record.ts'
import type { ObjectStore } from '../ports.ts'
import { retry } from '../retry.ts'
import { MAY_WRITE } from '../run/rights.ts'
import { idOf } from '../topics.ts'
import { isUnder } from './judgement.ts'
import type { Standing } from './standing.ts'

/** Tells the uploads of an instance from those of others, who may write to the same bucket and under the same prefixes. */
export class Ownership {
  readonly #name: string
  readonly #id: string
  readonly #standings: readonly Standing[]
  readonly #prefixes: ReadonlySet<string>

  /**
   * @param name of the instance
   * @param id its random id
   * @param standings of its own lanes
   */
  constructor(name: string, id: string, standings: readonly Standing[]) {
    this.#name = name
    this.#id = id
    this.#standings = standings
    this.#prefixes = new Set(standings.flatMap(({ prefixes = [] }) => prefixes))
  }

  /** Whether a key lies under a prefix of one of its sinks, as far as they are known. */
  isNear(key: string): boolean {
    return !key.startsWith(SYSTEM) && [...this.#prefixes].some((prefix) => isUnder(key, prefix))
  }

  /** Whether an upload of this key can only have been begun by this instance. An upload itself does not say whose it is. */
  async isOurs(key: string, store: ObjectStore, clock: Clock): Promise<boolean> {
    return this.#isNamedAsOurs(key) || this.#bearsOurToken(key, store, clock)
  }

  #isNamedAsOurs(key: string): boolean {
    const name = key.slice(key.lastIndexOf('/') + 1)
    if (key.startsWith(systemPrefix(this.#name)))
      return (
        key.startsWith(probePrefix(systemPrefix(this.#name))) ||
        this.#standings.some(({ lane }) => isBundle(key, lane))
      )
    const isNear = this.isNear(key)
    if (isNear && name.startsWith(MAY_WRITE)) return true
    return this.#standings.some(
      ({ lane }) =>
        name.startsWith(`${lane.pipeline}+${idOf(lane)}+`) ||
        (isNear && name.startsWith(`${lane.topic}+${lane.partition}+`)),
    )
  }

  /** Names are written once, so whoever has written an object has begun all uploads of its key. */
  async #bearsOurToken(key: string, store: ObjectStore, clock: Clock): Promise<boolean> {
    const there = await retry(() => store.head(key), { clock })
    const [id] = there?.metadata[TOKEN]?.split('/', 1) ?? []
    return id === instanceOf(this.#id, 1) || id === instanceOf(this.#id, 2)
  }
}
