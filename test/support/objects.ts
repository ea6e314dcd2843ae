import { systemClock } from '../../lib/clock.ts'
import type { ObjectStore } from '../../lib/ports.ts'
import { retry } from '../../lib/retry.ts'

/** An object as it lies in the store. */
export interface Found {
  readonly key: string
  readonly bytes: Buffer
}

/** All objects under a prefix, in the order of their keys. A store that is busy is asked again, as everybody would. */
export async function* objectsUnder(store: ObjectStore, prefix: string): AsyncGenerator<Found> {
  const keys = await patiently(() => listed(store, prefix))
  for (const key of keys)
    yield { key, bytes: (await patiently(() => store.get(key))) ?? Buffer.alloc(0) }
}

async function listed(store: ObjectStore, prefix: string): Promise<string[]> {
  const keys: string[] = []
  for await (const key of store.list(prefix)) keys.push(key)
  return keys
}

const patiently = <T>(action: () => Promise<T>): Promise<T> => retry(action, { clock: systemClock })
