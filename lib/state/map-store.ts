import type { Codec } from './codec.ts'
import type { Delta, MapStore } from './store.ts'

const GONE = 0xffff_ffff
/** What an entry and the objects of its value take beside their text, as measured with the totals of `reduce`. */
const ENTRY_OVERHEAD = 300

/**
 * Values by key. A delta holds the keys that changed, each with its whole value, in the order of their first change: frames of key length,
 * value length (`GONE` for a deleted key), key, value.
 */
export function mapStore<V>(codec: Codec<V>): MapStore<V> {
  const values = new Map<string, V>()
  const sizes = new Map<string, number>()
  const changed = new Set<string>()
  let memory = 0

  const resize = (key: string, size: number | undefined): void => {
    memory += (size ?? 0) - (sizes.get(key) ?? 0)
    if (size === undefined) sizes.delete(key)
    else sizes.set(key, size)
  }

  const write = (keys: Iterable<string>): Delta => {
    const frames: Uint8Array[] = []
    for (const key of keys) {
      const name = Buffer.from(key)
      const value = values.has(key) ? codec.write(values.get(key) as V) : undefined
      const head = Buffer.allocUnsafe(8)
      head.writeUInt32LE(name.length, 0)
      head.writeUInt32LE(value?.length ?? GONE, 4)
      frames.push(head, name)
      if (value !== undefined) frames.push(value)
      resize(key, value && value.length + 2 * name.length + ENTRY_OVERHEAD)
    }
    changed.clear()
    return { bytes: Buffer.concat(frames) }
  }

  return {
    format: `map ${codec.name}`,
    horizon: -Infinity,
    get memory() {
      return memory
    },
    get size() {
      return values.size
    },
    get: (key) => values.get(key),
    set(key, value) {
      values.set(key, value)
      changed.add(key)
    },
    delete(key) {
      if (!values.delete(key)) return
      resize(key, undefined)
      changed.add(key)
    },
    entries: () => values.entries(),
    delta: () => (changed.size > 0 ? write(changed) : undefined),
    base: () => write(values.keys()),
    apply(bytes) {
      const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
      for (let at = 0; at < buffer.length;) {
        const nameLength = buffer.readUInt32LE(at)
        const valueLength = buffer.readUInt32LE(at + 4)
        const key = buffer.toString('utf8', at + 8, at + 8 + nameLength)
        at += 8 + nameLength
        if (valueLength === GONE) {
          values.delete(key)
          resize(key, undefined)
        } else {
          values.set(key, codec.read(buffer.subarray(at, at + valueLength)))
          resize(key, valueLength + 2 * nameLength + ENTRY_OVERHEAD)
          at += valueLength
        }
      }
    },
  }
}
