import { SluiceError, messageOf } from '../errors.ts'

/** An error of the file system as one for people, which begins with `what`; a `SluiceError` stays what it is. */
export const logFailure = (what: string, error: unknown): SluiceError =>
  error instanceof SluiceError
    ? error
    : new SluiceError('service', `${what}: ${messageOf(error)}. Mend that and start again`, {
        cause: error,
      })
