import { CommanderError } from 'commander'
import { messageOf, SluiceError } from '../errors.ts'
import { StoreError } from '../ports.ts'
import { hopeless } from '../retry.ts'

/** What the process ends with. */
export const EXIT = {
  ok: 0,
  failed: 1,
  config: 2,
  bug: 70,
  interrupted: 130,
  terminated: 143,
} as const

/** Tell a person what went wrong. Returns what to exit with. */
export function report(error: unknown, print: (line: string) => void = console.error): number {
  // commander has said it
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.config
  const known = error instanceof StoreError ? hopeless(error) : error
  if (known instanceof SluiceError) {
    print(`error: ${oneLine(known.message)}`)
    return known.code === 'config' ? EXIT.config : EXIT.failed
  }
  print(known instanceof Error ? (known.stack ?? known.message) : messageOf(known))
  print('error: this is a bug of sluice: please report it with the lines above')
  return EXIT.bug
}

export const oneLine = (text: string): string => text.trim().replace(/\s*\n\s*/g, ' ')
