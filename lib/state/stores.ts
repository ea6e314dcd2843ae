import { identityStore } from './identity-store.ts'
import { mapStore } from './map-store.ts'
import type { State, Store } from './store.ts'
import { valueStore } from './value-store.ts'

/** The stores of one operator in one lane, or of an operator used alone. */
export interface Stores extends State {
  /** By name, in the order in which they were asked for. */
  readonly all: ReadonlyMap<string, Store>
}

/** New, empty stores. `sealed`: see `State`. */
export function newStores(sealed = -Infinity): Stores {
  const all = new Map<string, Store>()
  const declare = <S extends Store>(name: string, store: S): S => {
    if (all.has(name)) throw new TypeError(`a store named '${name}' is declared twice`)
    all.set(name, store)
    return store
  }
  return {
    all,
    sealed,
    value: (name, codec, initial) => declare(name, valueStore(codec, initial)),
    map: (name, codec) => declare(name, mapStore(codec)),
    identities: (name, { within }) => declare(name, identityStore(within)),
  }
}
