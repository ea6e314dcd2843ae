import type { Files } from '../table/source.ts'
import { nameOf } from '../table/table.ts'

/** Files in memory, for tables. */
export interface MemoryFiles {
  readonly files: Files
  /** Write a file anew, by the name that its table has; undefined takes it away. */
  readonly write: (name: string, text: string | undefined) => void
}

/** @param texts by name: what a pipeline says as `file`, or of a URL what stands behind the last slash */
export function memoryFiles(texts: Readonly<Record<string, string>> = {}): MemoryFiles {
  const all = new Map<string, string | undefined>(Object.entries(texts))
  const bytesOf = (name: string): Buffer | undefined => {
    const text = all.get(name)
    return text === undefined ? undefined : Buffer.from(text)
  }
  return {
    files: (file) => {
      const name = nameOf(file)
      return {
        place: `tables['${name}'] of into(pipeline, { tables })`,
        size: async () => bytesOf(name)?.length,
        read: async () => bytesOf(name),
      }
    },
    write: (name, text) => void all.set(name, text),
  }
}
