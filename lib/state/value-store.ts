import type { Codec } from './codec.ts'
import type { Delta, ValueStore } from './store.ts'

/** One value, written whole whenever it was set. */
export function valueStore<T>(codec: Codec<T>, initial: T): ValueStore<T> {
  let value = initial
  let changed = false
  let memory = 0

  const base = (): Delta => {
    const bytes = codec.write(value)
    memory = bytes.length
    changed = false
    return { bytes, whole: true }
  }

  return {
    format: `value ${codec.name}`,
    horizon: -Infinity,
    get memory() {
      return memory
    },
    get: () => value,
    set(next) {
      value = next
      changed = true
    },
    delta: () => (changed ? base() : undefined),
    base,
    apply(bytes) {
      value = codec.read(bytes)
      memory = bytes.length
    },
  }
}
