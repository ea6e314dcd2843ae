import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { isStopped, startOf } from '../process-start.ts'
import type { ProcessIdentity } from './service.ts'

export interface SpawnOptions {
  command: string
  args: readonly string[]
  env?: Record<string, string> | undefined
  /** Standard output and error are appended to it. */
  logFile: string
}

/** A process and what ends it when this one ends; releasing the leash lets it outlive us. */
export interface LeashedProcess extends ProcessIdentity {
  release: () => void
}

/** Starts a process that does not keep this one alive. Rejects if the command does not run. */
export async function spawnProcess(options: SpawnOptions): Promise<LeashedProcess> {
  const log = await open(options.logFile, 'a')
  try {
    const child = spawn(options.command, options.args, {
      env: { ...process.env, ...options.env },
      stdio: ['ignore', log.fd, log.fd],
      detached: true,
    })
    await once(child, 'spawn')
    child.unref()
    const pid = child.pid!
    const release = leash(['kill', '-9', `${pid}`])
    child.once('exit', release)
    return { pid, startTime: startOf(pid) ?? null, release }
  } finally {
    await log.close()
  }
}

/** Whether that very process still runs; a zombie does not. */
export function isRunning({ pid, startTime }: ProcessIdentity): boolean {
  if (startTime !== null) return startOf(pid) === startTime
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Sends a signal if that very process still runs. */
export function signal(identity: ProcessIdentity, name: NodeJS.Signals): void {
  if (!isRunning(identity)) return
  try {
    process.kill(identity.pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Resolves to true once the process is gone, to false if it is not within `within` ms. */
export async function gone(identity: ProcessIdentity, within: number): Promise<boolean> {
  const deadline = Date.now() + within
  while (isRunning(identity)) {
    if (Date.now() > deadline) return false
    await sleep(20)
  }
  return true
}

/** Resolves when SIGSTOP has reached all threads of a process, or after `within` ms: not every system tells. */
export async function stopped({ pid }: ProcessIdentity, within: number): Promise<void> {
  for (const deadline = Date.now() + within; !isStopped(pid) && Date.now() < deadline;)
    await sleep(5)
}

/** The last lines, at most `count`, that a file has got since it was `from` bytes long. */
export function lastLines(file: string, from: number, count = 15): string {
  if (!existsSync(file)) return ''
  return readFileSync(file).subarray(from).toString().trimEnd().split('\n').slice(-count).join('\n')
}

/**
 * Runs a command when this process ends, also by SIGKILL: a shell waits for the end of a pipe that
 * only we hold. The answer calls it off.
 */
export function leash(command: readonly string[]): () => void {
  const shell = spawn('/bin/sh', ['-c', 'read line; "$@"', 'sh', ...command], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  shell.unref()
  ;(shell.stdin as Socket).unref()
  return () => shell.kill('SIGKILL')
}
