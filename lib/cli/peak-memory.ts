import { readFileSync } from 'node:fs'

/**
 * The most memory that this process has had, in bytes. What `getrusage` says begins with what its parent had when it forked, so it is asked only where the system
 * does not tell of the process alone.
 */
export function peakMemory(): number {
  try {
    const status = readFileSync('/proc/self/status', 'utf8')
    return Number(/^VmHWM:\s*(\d+) kB$/m.exec(status)![1]) * 1_024
  } catch {
    return process.resourceUsage().maxRSS * 1_024
  }
}
