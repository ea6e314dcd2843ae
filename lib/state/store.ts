import type { Codec } from './codec.ts'

/** The bytes of a delta. `until` lets whoever keeps them drop them later without reading: see `Store.horizon`. */
export interface Delta {
  readonly bytes: Uint8Array
  /** No event time in it is above this, for stores that forget by event time. Without it the delta is kept until the next base. */
  readonly until?: number | undefined
  /** It is everything that the store holds: nothing from before it is needed. */
  readonly whole?: boolean
}

/**
 * Something an operator remembers, as the runtime sees it. Everything is synchronous: one sweep over all stores of a lane, with nothing
 * in between, is a consistent snapshot.
 */
export interface Store {
  /** What the bytes mean: kind and codec with versions. Part of the pipeline's fingerprint. */
  readonly format: string
  /** Bytes that it holds in memory, roughly. */
  readonly memory: number
  /** Deltas whose `until` is not above it hold nothing that is still needed. `-Infinity` for stores that never forget by time. */
  readonly horizon: number
  /** What changed since the last `delta` or `base`, or undefined. */
  delta(): Delta | undefined
  /** Everything it holds, in the same form as a delta; also forgets what `delta` would have said. */
  base(): Delta
  /** Read back a base or a delta. A base first, then deltas in their order, give the state again. */
  apply(bytes: Uint8Array): void
}

/** One value. */
export interface ValueStore<T> extends Store {
  get(): T
  set(value: T): void
}

/** Values by key, remembering which keys changed. A value that was altered in place must be `set` again. */
export interface MapStore<V> extends Store {
  readonly size: number
  get(key: string): V | undefined
  set(key: string, value: V): void
  delete(key: string): void
  /** In no order that an answer may depend on: a restart changes it. */
  entries(): IterableIterator<[string, V]>
}

/** Identities of 128 bits, as four words, each with the event times at which it was kept. */
export interface IdentityStore extends Store {
  readonly size: number
  /** Keep this identity at this time, unless it was kept less than `within` away, before or after: then false, and nothing changes. */
  keep(identity: Uint32Array, time: number): boolean
  /** Forget what was kept at or before this time; it is not asked for again. */
  forget(until: number): void
}

/**
 * What an operator's factory is handed: its stores, new and empty, or as its lane's last commit left them. A store's name is unique within its
 * operator. Asking for a store is declaring it: the factory asks for all of them at once, before its first hook runs.
 */
export interface State {
  value<T>(name: string, codec: Codec<T>, initial: T): ValueStore<T>
  map<V>(name: string, codec: Codec<V>): MapStore<V>
  identities(name: string, options: { within: number }): IdentityStore
  /** The highest end of a window that an earlier finite run has closed for good; `-Infinity` when there was none. */
  readonly sealed: number
}
