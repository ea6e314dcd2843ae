import { readFileSync } from 'node:fs'
import { usageLine } from './usage.ts'

// Loaded into every measured process before anything else (`node --import`), so that all are measured alike.
process.on('exit', () => {
  const { user, system } = process.cpuUsage()
  const elapsed = performance.now() / 1e3
  console.log(usageLine({ cpu: (user + system) / 1e6, elapsed, peak: peakMemory() }))
})

/** Of this process alone: what `getrusage` says begins with what the parent had when it forked. */
function peakMemory(): number {
  try {
    const status = readFileSync('/proc/self/status', 'utf8')
    return Number(/^VmHWM:\s*(\d+) kB$/m.exec(status)![1]) * 1_024
  } catch {
    return process.resourceUsage().maxRSS * 1_024
  }
}
