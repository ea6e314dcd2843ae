import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ObjectStore } from '../ports.ts'
import type { PipelineTable } from './table.ts'

/** Where a table's bytes are. One attempt each; undefined when there is nothing. */
export interface TableSource {
  /** For messages. */
  readonly place: string
  size(): Promise<number | undefined>
  read(): Promise<Buffer | undefined>
}

/** Finds the source of a file. */
export type Files = (file: string | URL) => TableSource

export const sourceOf = (
  { options: { file, object } }: PipelineTable<unknown>,
  store: ObjectStore,
  files: Files,
): TableSource => (file === undefined ? objectIn(store, object as string) : files(file))

const objectIn = (store: ObjectStore, key: string): TableSource => ({
  place: `${key} in ${store.place}`,
  size: async () => (await store.head(key))?.size,
  read: () => store.get(key),
})

/** Files of this machine, relative ones from the working directory. */
export const localFiles: Files = (file) => {
  const path = typeof file === 'string' ? resolve(file) : fileURLToPath(file)
  return {
    place: path,
    size: async () => (await orNothing(stat(path)))?.size,
    read: () => orNothing(readFile(path)),
  }
}

async function orNothing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
