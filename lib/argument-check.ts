import { SluiceError } from './errors.ts'

/**
 * Types are not checked when a pipeline runs: what they would refuse is refused when it is built.
 *
 * @throws SluiceError 'config' for options that are no object, and for one that there is not; it names those that there are
 */
export function checkKnown<O extends object>(
  of: string,
  options: O,
  known: Readonly<Record<keyof O, true>>,
): void {
  const names = Object.keys(known).join(', ')
  if (options === null || typeof options !== 'object' || Array.isArray(options))
    throw new SluiceError(
      'config',
      `${of} takes an object of options (${names}), not ${kindOf(options)}`,
    )
  const stranger = Object.keys(options).find((option) => !Object.hasOwn(known, option))
  if (stranger === undefined) return
  throw new SluiceError('config', `${of} has no option ${stranger}: it knows ${names}`)
}

/** @throws SluiceError 'config' for what is no function */
export function checkFunction(of: string, value: unknown): void {
  if (typeof value === 'function') return
  throw new SluiceError('config', `${of} takes a function, not ${kindOf(value)}`)
}

/** Whether something has all these methods. */
export const hasMethods = (value: unknown, names: readonly string[]): boolean =>
  value !== null &&
  value !== undefined &&
  names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function')

/** What somebody has handed in, for people. */
export function kindOf(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'bigint') return `the bigint ${value}`
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}
