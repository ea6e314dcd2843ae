import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { folderStore } from '../local/store.ts'
import type { ObjectStore } from '../ports.ts'

/** Work with a store in a temporary folder that is gone afterwards. */
export async function withScratch<T>(work: (scratch: ObjectStore) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-replay-'))
  try {
    const scratch = await folderStore(folder)
    try {
      return await work(scratch)
    } finally {
      await scratch.close()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
