import type { ExecutionContext } from 'ava'
import { sluice } from '../lib/cli/command-line.ts'
import { testFolder } from '../lib/local/folder.ts'

/** What the command line says of the options of a command. */
export async function helpOf(t: ExecutionContext, words: readonly string[]): Promise<string> {
  const { code, out, err } = await sluice(t, testFolder(t), [...words, '--help'].join(' '))
  if (code !== 0) throw new Error(err)
  return out
}
