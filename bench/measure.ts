import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Usage, usageIn } from './usage.ts'

const PROBE = fileURLToPath(new URL('probe.ts', import.meta.url))

/** What one run of a candidate took, and what it said. */
export interface Run extends Usage {
  readonly output: string
}

/**
 * Run Node in a process of its own and measure it from start to end.
 *
 * @throws Error with the end of what it said when it fails
 */
export async function measure(
  words: readonly string[],
  { cwd, environment, signal }: { cwd: string; environment: object; signal: AbortSignal },
): Promise<Run> {
  const env = {
    PATH: process.env['PATH'],
    // what was compiled in the first round is at hand in the others: for all of them, since to begin is not what is measured
    NODE_COMPILE_CACHE: join(cwd, 'compiled'),
    ...environment,
    NODE_OPTIONS: `--import=${PROBE} --disable-warning=TimeoutNegativeWarning`,
  }
  const child = spawn(process.execPath, words, {
    cwd,
    env,
    signal,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => void (output += text))
  const code = await new Promise((resolve, reject) =>
    child.on('error', reject).on('close', resolve),
  )
  const usage = usageIn(output)
  if (code !== 0 || usage === undefined)
    throw new Error(`${words.join(' ')} ended with ${String(code)}:\n${output.slice(-2_000)}`)
  return { ...usage, output }
}
