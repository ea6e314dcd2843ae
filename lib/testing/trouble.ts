import type { Clock } from '../clock.ts'

/**
 * What goes wrong: an error that is thrown; `'fail'` for one that may pass; `'hang'` for no answer ever; so many ms of waiting, or waiting for what a
 * function returns, after which all is well.
 */
export type Trouble = Error | 'fail' | 'hang' | number | (() => Promise<unknown>)

/** Trouble before the request is carried out, and between that and its answer: there `'fail'` is an answer that got lost. */
export interface Fault {
  readonly before?: Trouble
  readonly after?: Trouble
}

/** @param failure what `'fail'` throws */
export async function suffer(
  trouble: Trouble | undefined,
  clock: Clock,
  failure: () => Error,
): Promise<void> {
  if (trouble === undefined) return
  if (typeof trouble === 'number') return clock.sleep(trouble)
  if (typeof trouble === 'function') return void (await trouble())
  if (trouble === 'hang') return new Promise(() => undefined)
  throw trouble === 'fail' ? failure() : trouble
}
