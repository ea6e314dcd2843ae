import { isOutage, SluiceError } from '../../errors.ts'
import { isLoginRefused } from '../../kafka/unreachable.ts'
import { StoreError } from '../../ports.ts'
import { isHopeless } from '../../run/supervise.ts'

/** What the error at which a process ends means for the one that takes its place. */
export type Verdict =
  /** A person has to mend something: no other process would do better. */
  | 'hopeless'
  /** A service was out of reach, or refused keys or login: where they were good once, they may be again. */
  | 'no service'

/** @returns undefined where the error says nothing of it */
export function verdictOf(error: unknown): Verdict | undefined {
  if (error instanceof SluiceError && (isOutage(error) || isDenied(error))) return 'no service'
  return isHopeless(error) ? 'hopeless' : undefined
}

const isDenied = ({ cause }: SluiceError): boolean =>
  cause instanceof StoreError ? cause.failure === 'denied' : isLoginRefused(cause)
