import type { Clock } from '../clock.ts'
import { type ObjectStore, StoreError } from '../ports.ts'
import { type Fault, suffer } from './trouble.ts'

/** What asks something of the store, and so may go wrong. */
export type StoreMethod = Exclude<keyof ObjectStore, 'place' | 'problemWith' | 'close'>

/** One request. */
export interface StoreCall {
  readonly method: StoreMethod
  /** Its key or prefix; the first of several. */
  readonly key: string
  /** Which request of all to this store it is, from 1. */
  readonly number: number
  /** Which of its method, from 1. */
  readonly nth: number
}

export interface FaultyStoreOptions {
  /** For waiting. */
  readonly clock: Clock
  /** Asked for every request, in the order in which they are made. */
  readonly fault: (call: StoreCall) => Fault | undefined
}

/** Another store with faults. */
export function faultyStore(store: ObjectStore, { clock, fault }: FaultyStoreOptions): ObjectStore {
  const calls = new Map<StoreMethod, number>()
  let number = 0

  const next = (method: StoreMethod, key: string): Fault => {
    const nth = (calls.get(method) ?? 0) + 1
    calls.set(method, nth)
    return fault({ method, key, number: ++number, nth }) ?? {}
  }

  const failure = (what: string) => (): StoreError =>
    new StoreError('transient', `${what} of a faulty store`)

  const call = async <T>(
    method: StoreMethod,
    key: string,
    action: () => Promise<T>,
  ): Promise<T> => {
    const { before, after } = next(method, key)
    await suffer(before, clock, failure(`failure: ${method} ${key}`))
    const answer = await action()
    await suffer(after, clock, failure(`lost answer: ${method} ${key}`))
    return answer
  }

  async function* each<T>(
    method: StoreMethod,
    prefix: string,
    items: () => AsyncIterable<T>,
  ): AsyncGenerator<T> {
    const all = async (): Promise<T[]> => {
      const found: T[] = []
      for await (const item of items()) found.push(item)
      return found
    }
    yield* await call(method, prefix, all)
  }

  return {
    place: store.place,
    problemWith: (key) => store.problemWith(key),
    put: (key, ...rest) => call('put', key, () => store.put(key, ...rest)),
    putStream: (key, ...rest) => call('putStream', key, () => store.putStream(key, ...rest)),
    get: (key, ...rest) => call('get', key, () => store.get(key, ...rest)),
    read: (key) => call('read', key, () => store.read(key)),
    head: (key) => call('head', key, () => store.head(key)),
    delete: (keys) => call('delete', keys[0] ?? '', () => store.delete(keys)),
    store: (key, ...rest) => call('store', key, () => store.store(key, ...rest)),
    createUpload: (key, ...rest) =>
      call('createUpload', key, () => store.createUpload(key, ...rest)),
    uploadPart: (key, ...rest) => call('uploadPart', key, () => store.uploadPart(key, ...rest)),
    completeUpload: (key, ...rest) =>
      call('completeUpload', key, () => store.completeUpload(key, ...rest)),
    abortUpload: (key, id) => call('abortUpload', key, () => store.abortUpload(key, id)),
    list: (prefix, options) => each('list', prefix, () => store.list(prefix, options)),
    uploads: (prefix) => each('uploads', prefix, () => store.uploads(prefix)),
    losesUploads: () => call('losesUploads', '', () => store.losesUploads()),
    lifecycle: () => call('lifecycle', '', () => store.lifecycle()),
    time: () => call('time', '', () => store.time()),
    close: () => store.close(),
  }
}
