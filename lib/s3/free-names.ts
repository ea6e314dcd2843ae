import { writerOf } from '../commit/publish.ts'
import { SluiceError } from '../errors.ts'
import { retry } from '../retry.ts'
import type { SinkBinding } from '../sink.ts'
import { idOf } from '../topics.ts'
import type { Naming } from './naming.ts'
import { type ClosedObject, type OpenObject, placeOf } from './open-object.ts'

/** Objects of one name that nobody has, who means well. */
const MOST = 100_000

/** Names of which is remembered how often they are taken. */
const REMEMBERED = 10_000

/**
 * Settles what objects are called that are written once: by the first key that nobody has. What an earlier commit lists is visible by then, and what this one will
 * list is not, so that an epoch that is run again after a crash comes to the same keys.
 */
export class FreeNames {
  readonly #naming: Naming
  readonly #binding: SinkBinding
  /** By place, how many keys are known to be taken; the one that was asked for last at the end. */
  readonly #taken = new Map<string, number>()

  constructor(naming: Naming, binding: SinkBinding) {
    this.#naming = naming
    this.#binding = binding
  }

  /**
   * The same objects under keys that are free.
   *
   * @throws SluiceError 'config' for one that has no key left, naming who has taken it
   */
  async settle(closed: readonly ClosedObject[]): Promise<ClosedObject[]> {
    await this.#binding.published()
    const look = this.#lookAhead(closed)
    const mine = new Set<string>()
    const settled: ClosedObject[] = []
    for (const each of closed) {
      const { object, ordinal, settings } = each
      const key = await this.#free(object, mine, look)
      mine.add(key)
      object.named = { key, ordinal, settings }
      settled.push({ ...each, key })
    }
    return settled
  }

  /** Ask for all keys at once that are likely to be wanted; says who has one, '' for nobody. */
  #lookAhead(closed: readonly ClosedObject[]): (key: string) => Promise<string> {
    const asked = new Map<string, Promise<string>>()
    const look = (key: string): Promise<string> => {
      const owner = asked.get(key) ?? this.#ownerOf(key)
      asked.set(key, owner)
      return owner
    }
    const before = new Map<string, number>()
    for (const { object } of closed) {
      const place = placeOf(object.folder, object.name)
      const nth = before.get(place) ?? this.#taken.get(place) ?? 0
      before.set(place, nth + 1)
      const key = this.#naming.candidate(object, nth)
      // told to whoever wants it
      if (key !== undefined) look(key).catch(() => undefined)
    }
    return look
  }

  async #free(
    object: OpenObject,
    mine: ReadonlySet<string>,
    look: (key: string) => Promise<string>,
  ): Promise<string> {
    const place = placeOf(object.folder, object.name)
    const first = this.#taken.get(place) ?? 0
    let [last, owner] = ['', '']
    for (let nth = first; nth < MOST; nth++) {
      const key = this.#naming.candidate(object, nth)
      if (key === undefined) break
      last = key
      owner = mine.has(key) ? 'this very commit' : await look(key)
      if (owner !== '') continue
      this.#remember(place, nth)
      return key
    }
    throw this.#noneLeft(last, owner)
  }

  #remember(place: string, taken: number): void {
    this.#taken.delete(place)
    if (taken > 0) this.#taken.set(place, taken)
    if (this.#taken.size <= REMEMBERED) return
    const [oldest = ''] = this.#taken.keys()
    this.#taken.delete(oldest)
  }

  async #ownerOf(key: string): Promise<string> {
    const { store, retry: options } = this.#binding
    const there = await retry(() => store.head(key), options)
    return there === undefined ? '' : writerOf(there)
  }

  #noneLeft(key: string, owner: string): SluiceError {
    const { store, lane } = this.#binding
    return new SluiceError(
      'config',
      `${idOf(lane)}: key taken by another object (${owner}): ${key} in ${store.place}, and once() has no other name for it. ` +
        `Give once() names that differ between spans and keys, another prefix, or taken: 'number'`,
    )
  }
}
