import { readFileSync } from 'node:fs'

/**
 * When a process of this machine was started; undefined when it is gone or waits as a zombie to be
 * collected.
 */
export function startOf(pid: number): string | undefined {
  let stat: string
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return undefined
  }
  // The second field, a name in parentheses, can hold anything; the 3rd is the state, the 22nd the
  // start.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19]
}
