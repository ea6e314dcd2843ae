import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Checker } from './checker/checker.ts'
import { NAME } from './pipeline.ts'
import { rest } from './rest.ts'

const START = fileURLToPath(new URL('../../../lib/cli/start.mjs', import.meta.url))

/** Longest time that lanes may take to commit what there is, once nothing hurts them any more, in ms: the machine may be busy. */
const DRAINS_WITHIN = 600_000

/** Objects become visible, and windows come to their end, a moment after the last commit. In ms. */
const SETTLES_WITHIN = 60_000

/** Wait until every lane has committed all that was produced. Resolves to what is wrong otherwise. */
export async function drained(checker: Checker, signal: AbortSignal): Promise<string[]> {
  await checker.readLog()
  const began = Date.now()
  let behind = await checker.behind()
  while (behind.length > 0 && Date.now() - began < DRAINS_WITHIN && !signal.aborted) {
    await rest(500, signal)
    behind = await checker.behind()
  }
  return behind
}

/** What the independent checker has to say, once all has settled. */
export async function complaintsOf(
  checker: Checker,
  ended: boolean,
  signal: AbortSignal,
): Promise<string[]> {
  const began = Date.now()
  let complaints = await checker.look(ended)
  while (complaints.length > 0 && Date.now() - began < SETTLES_WITHIN && !signal.aborted) {
    await rest(2_000, signal)
    complaints = await checker.look(ended)
  }
  return complaints
}

/**
 * What `sluice verify` finds, in a process of its own.
 *
 * @param since of commits from that time on; of all unless it is said
 */
export async function findingsOf(
  variables: Readonly<Record<string, string>>,
  since?: number,
): Promise<string[]> {
  const words = ['verify', NAME, '--json']
  if (since !== undefined) words.push('--since', new Date(since).toISOString())
  const output = await new Promise<string>((resolve, reject) => {
    const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], ...variables }
    const options = { env, maxBuffer: 256 * 1024 ** 2 }
    execFile(process.execPath, [START, ...words], options, (error, stdout, stderr) =>
      stdout.startsWith('{')
        ? resolve(stdout)
        : reject(new Error(`verify has failed: ${stderr}`, { cause: error })),
    )
  })
  const { findings } = JSON.parse(output) as {
    findings: { kind: string; where: string; what: string }[]
  }
  return findings.map(({ kind, where, what }) => `${kind} ${where}: ${what}`)
}
