import { readdirSync, readFileSync } from 'node:fs'

/**
 * When a process of this machine was started; undefined when it is gone or waits as a zombie to be
 * collected.
 */
export function startOf(pid: number): string | undefined {
  const { state, start } = statOf(`${pid}`)
  return state === 'Z' || state === 'X' ? undefined : start
}

/** Whether a process was stopped from outside, as by SIGSTOP: it lives, and does nothing. Its threads stop one after another. */
export function isStopped(pid: number): boolean {
  try {
    const threads = readdirSync(`/proc/${pid}/task`)
    return threads.every((thread) => statOf(`${pid}/task/${thread}`).state === 'T')
  } catch {
    return false
  }
}

function statOf(process: string): { state?: string | undefined; start?: string | undefined } {
  let stat: string
  try {
    stat = readFileSync(`/proc/${process}/stat`, 'utf8')
  } catch {
    return {}
  }
  // The second field, a name in parentheses, can hold anything; the 3rd is the state, the 22nd the
  // start.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { state: fields[0], start: fields[19] }
}
