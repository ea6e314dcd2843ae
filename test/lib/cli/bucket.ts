import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { folderStore } from '../../../lib/local/store.ts'
import { testFolder } from '../local/folder.ts'
import { twoRuns } from '../verify/views.ts'

/** A folder in which a pipeline has run. */
export async function folderWithBucket(t: ExecutionContext): Promise<string> {
  const folder = testFolder(t)
  const { store: memory } = await twoRuns()
  const store = await folderStore(join(folder, 'data/bucket'))
  for (const { key, bytes, metadata } of memory.objects()) await store.put(key, bytes, { metadata })
  await store.close()
  return folder
}
