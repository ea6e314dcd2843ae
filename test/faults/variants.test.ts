import { execFile } from 'node:child_process'
import { join } from 'node:path'
import test from 'ava'
import type { WRONG_VARIANTS } from './failpoints/patches.ts'
import { PATIENCE } from '../support/length.ts'

const ROOT = join(import.meta.dirname, '../..')
const AVA = join(ROOT, 'node_modules/ava/entrypoints/cli.js')
const LOADER = new URL('failpoints/loader.ts', import.meta.url).href

/** Who finds each variant out: a test that is green otherwise, and what it says then. */
const FOUND_BY: Readonly<
  Record<keyof typeof WRONG_VARIANTS, [file: string, title: string, RegExp]>
> = {
  'publish-first': [
    'crash',
    'a process killed at any request, after it *',
    /key taken by another writer/,
  ],
  'kafka-commit': ['zombie', 'two processes that both think the lanes theirs *', /cannot publish/],
  'racy-cas': ['zombie', 'two processes that both think the lanes theirs *', /cannot publish/],
  '412-is-ok': ['zombie', 'two processes that both think the lanes theirs *', /cannot publish/],
  'no-pending': ['crash', 'a process killed at any request, after it *', /listed by nobody/],
  'abort-doubt': ['uploads', 'a completion that fails *', /was committed and then removed/],
  janitor: ['uploads', 'uploads outlive *, after it *', /was committed and then removed/],
  'expiry-given-up': ['uploads', 'an upload that somebody has removed *', /Promise resolved with/],
}

/** Run a test with a variant of `lib/`. */
function run(
  variant: string,
  file: string,
  title: string,
): Promise<{ code: number; output: string }> {
  const words = ['--tap', '--timeout=120s', '--match', title, `test/faults/${file}.test.ts`]
  const env = { ...process.env, NODE_OPTIONS: `--import=${LOADER}`, PATCH: variant }
  return new Promise((resolve) => {
    execFile(process.execPath, [AVA, ...words], { cwd: ROOT, env }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr }),
    )
  })
}

for (const [variant, [file, title, says]] of Object.entries(FOUND_BY))
  test.serial(`the variant ${variant} of the protocol is found out by: ${title}`, async (t) => {
    t.timeout(PATIENCE)
    const { code, output } = await run(variant, file, title)
    t.is(code, 1, output)
    t.regex(output, /^not ok 1 - /m)
    t.regex(output, says)
  })
