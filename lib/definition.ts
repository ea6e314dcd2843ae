import { messageOf, SluiceError } from './errors.ts'

/**
 * Run a pipeline's definition. Types are not checked when it runs, so it may well throw something that is nobody's bug but its author's.
 *
 * @throws SluiceError 'config' for whatever it throws, with the place in the definition
 */
export function defining(name: string, define: () => void): void {
  try {
    define()
  } catch (error) {
    if (error instanceof SluiceError) throw error
    const frames = error instanceof Error ? (error.stack ?? '').split('\n') : []
    const call = frames.findIndex((frame) => frame.includes(' at defining '))
    // behind the definition itself stands the function that calls it
    const place = frames[call - 2]
    const what = place ? `${messageOf(error)} (${place.trim()})` : messageOf(error)
    throw new SluiceError(
      'config',
      `the pipeline ${name} cannot be built: ${what}. What npm run typecheck says may tell why`,
      { cause: error },
    )
  }
}
