import { messageOf } from '../errors.ts'
import { StoreError, type StoreFailure } from '../ports.ts'
import { codeOf } from './files.ts'

/** What an error of the file system means to who asked the store; anything unknown may pass. */
const FAILURES: Readonly<Record<string, StoreFailure>> = {
  EACCES: 'denied',
  EPERM: 'denied',
  EROFS: 'denied',
  ENAMETOOLONG: 'invalid',
}

/** Do something, and reject with a `StoreError` that begins with `what` when that fails. */
export async function attempt<T>(what: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    throw failureOf(what, error)
  }
}

/** The same for something that yields. */
export async function* attemptEach<T>(
  what: string,
  items: AsyncIterable<T>,
): AsyncGenerator<T, void, undefined> {
  try {
    yield* items
  } catch (error) {
    throw failureOf(what, error)
  }
}

function failureOf(what: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error
  const failure = FAILURES[codeOf(error)] ?? 'transient'
  return new StoreError(failure, `${what}: ${messageOf(error)}`, { cause: error })
}
