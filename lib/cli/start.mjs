// Plain JavaScript for any Node from 18 on: finds a Node that runs the rest, and starts it there.
import { spawn } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import module from 'node:module'
import { constants } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const self = fileURLToPath(import.meta.url)
const words = process.argv.slice(2)

if (isFit(process.versions.node)) await startHere()
else startIn(installedNode())

/** TypeScript runs unbuilt from 22.18 on. */
function isFit(version) {
  const [major, minor] = version.split('.').map(Number)
  return major > 22 || (major === 22 && minor >= 18)
}

async function startHere() {
  silenceHarmless()
  const { allocatorSettings, heapFlags } = await import('./heap.ts')
  const flags = heapFlags(words)
  if (flags.every((flag) => process.execArgv.includes(flag))) {
    keepCompiled()
    const { main } = await import('./main.ts')
    process.exit(await main(words))
  }
  startIn(process.execPath, flags, allocatorSettings(words))
}

/** The Node that comes with the project's own packages. */
function installedNode() {
  const found = fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url))
  if (existsSync(found) && realpathSync(found) !== realpathSync(process.execPath)) return found
  console.error(
    `error: sluice needs Node 22.18 or later and this is ${process.versions.node}: run npm install, which fetches a fit one, or install it from https://nodejs.org`,
  )
  process.exit(2)
}

/** In this process where that can be had, so that no second one takes memory; else in a child that gets our signals. */
function startIn(node, flags = [], settings = {}) {
  const argv = [...process.execArgv, ...flags, self, ...words]
  const env = { ...settings, ...process.env }
  if (process.execve) process.execve(node, [node, ...argv], env)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  const child = spawn(node, argv, { stdio: 'inherit', env })
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]))
}

/** What was compiled once is read from the user's cache the next time: a command starts in half of the CPU time. */
function keepCompiled() {
  const { HOME, XDG_CACHE_HOME = HOME && join(HOME, '.cache') } = process.env
  if (XDG_CACHE_HOME) module.enableCompileCache?.(join(XDG_CACHE_HOME, 'sluice', 'compiled'))
}

/** Two warnings that say nothing to a user: types are stripped on purpose, and kafkajs sets timers in the past. */
function silenceHarmless() {
  const emitWarning = process.emitWarning.bind(process)
  process.emitWarning = (warning, ...rest) => {
    const name = typeof rest[0] === 'string' ? rest[0] : (rest[0]?.type ?? warning?.name)
    if (name === 'TimeoutNegativeWarning') return
    if (name === 'ExperimentalWarning' && /type stripping|execve/i.test(String(warning))) return
    emitWarning(warning, ...rest)
  }
}
