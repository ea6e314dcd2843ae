import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Where Node keeps what it has compiled: tests start processes by the hundred, and compiling is half of what a short one does. */
export const COMPILED = join(tmpdir(), 'node-compile-cache')

/** What a process of a test finds in its environment: what the test names, and nothing of the user's. */
export const environmentWith = (
  variables: Readonly<Record<string, string>> = {},
): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '',
  NODE_COMPILE_CACHE: COMPILED,
  ...variables,
})
