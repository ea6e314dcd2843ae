import { peakMemory } from '../lib/cli/peak-memory.ts'
import { usageLine } from './usage.ts'

// Loaded into every measured process before anything else (`node --import`), so that all are measured alike.
process.on('exit', () => {
  const { user, system } = process.cpuUsage()
  const elapsed = performance.now() / 1e3
  console.log(usageLine({ cpu: (user + system) / 1e6, elapsed, peak: peakMemory() }))
})
