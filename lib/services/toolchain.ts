import { execFile } from 'node:child_process'
import { stripVTControlCharacters } from 'node:util'
import { SluiceError } from '../errors.ts'
import { neededVersions } from './versions.ts'

export type Tool = keyof typeof neededVersions

const tools: Record<Tool, { title: string; versionArgument: string }> = {
  java: { title: 'Java', versionArgument: '-version' },
  mvn: { title: 'Maven', versionArgument: '--version' },
  go: { title: 'Go', versionArgument: 'version' },
}

/**
 * The first version in what `java -version`, `mvn --version` or `go version` print, as
 * `[major, minor]`; undefined if there is none. Java's old `1.8` is 8.
 */
export function parseVersion(output: string): [number, number] | undefined {
  const found = /(\d+)(?:\.(\d+))?/.exec(stripVTControlCharacters(output))
  if (found === null) return undefined
  const [major, minor] = [Number(found[1]), Number(found[2] ?? 0)]
  return output.includes('"1.') ? [minor, 0] : [major, minor]
}

/**
 * What keeps these tools from being used, in words such as `Go 1.25 or newer (found 1.19)`; empty
 * if all are there. `outputOf` answers what a tool prints about its version, undefined if it does
 * not run.
 */
export async function missingTools(
  names: Iterable<Tool>,
  outputOf: (tool: Tool) => Promise<string | undefined> = versionOutput,
): Promise<string[]> {
  const missing: string[] = []
  for (const name of new Set(names)) {
    const output = await outputOf(name)
    const version = output === undefined ? undefined : parseVersion(output)
    const needed = neededVersions[name]
    if (version !== undefined && !isOlder(version, needed)) continue
    const found = version === undefined ? 'not found on the path' : `found ${version.join('.')}`
    missing.push(`${tools[name].title} ${needed.join('.').replace(/\.0$/, '')} or newer (${found})`)
  }
  return missing
}

/** Throws one `service` error that names every tool that is missing or too old. */
export async function requireTools(names: Iterable<Tool>): Promise<void> {
  const missing = await missingTools(names)
  if (missing.length === 0) return
  throw new SluiceError(
    'service',
    `the services need ${missing.join(' and ')}: install it, or start Docker with Compose`,
  )
}

function isOlder(version: readonly [number, number], needed: readonly [number, number]): boolean {
  return version[0] < needed[0] || (version[0] === needed[0] && version[1] < needed[1])
}

function versionOutput(tool: Tool): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(tool, [tools[tool].versionArgument], (error, stdout, stderr) => {
      resolve(error === null ? stdout + stderr : undefined)
    })
  })
}
