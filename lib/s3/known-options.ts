import { SluiceError } from '../errors.ts'

/** @throws SluiceError 'config' for an option that there is not: types are not checked when a pipeline runs */
export function checkKnown(
  of: string,
  options: object,
  known: Readonly<Record<string, true>>,
): void {
  const stranger = Object.keys(options).find((option) => !Object.hasOwn(known, option))
  if (stranger === undefined) return
  throw new SluiceError(
    'config',
    `${of} has no option ${stranger}: it knows ${Object.keys(known).join(', ')}`,
  )
}
