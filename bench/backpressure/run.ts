import { chartOf, pointsOf } from './chart.ts'
import { runExperiment } from './experiment.ts'

const samples = await runExperiment()
const peak = Math.max(...samples.map((sample) => sample.peak)) / 2 ** 20
console.log(`\`\`\`mermaid\n${chartOf(samples)}\n\`\`\`\n`)
console.log('second  fetched  uploaded  (MB/s)')
for (const { second, fetched, uploaded } of pointsOf(samples))
  console.log(
    `${second}`.padStart(6),
    fetched.toFixed(1).padStart(8),
    uploaded.toFixed(1).padStart(9),
  )
console.log(`peak memory ${Math.ceil(peak)} MB of 256`)
