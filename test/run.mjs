// npm test: gets the services that integration tests start, runs all tests, and ends with one plain line that counts them.
// npm test -- FILE…: runs those files only. With --long, tests of faults do all that they can.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { prepareServices } from '../lib/services/index.ts'

const counts = { passed: 0, failed: 0, skipped: 0 }

/** Run ava over some files; resolves to whether it was content. */
function ava(...args) {
  const child = spawn(process.execPath, ['node_modules/ava/entrypoints/cli.js', '--tap', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // kafkajs sets timers in the past, which harms nobody
    env: { ...process.env, NODE_OPTIONS: '--disable-warning=TimeoutNegativeWarning' },
  })
  createInterface({ input: child.stdout }).on('line', (line) => {
    count(line)
    // TAP's plan and sums count what this run adds up over several
    if (!/^(TAP version|1\.\.\d+$|# (tests|pass|skip|todo|fail) \d+$)/.test(line)) console.log(line)
  })
  return new Promise((resolve) => child.on('close', (code) => resolve(code === 0)))
}

function count(line) {
  if (/^ok .*# SKIP/.test(line)) counts.skipped++
  else if (line.startsWith('ok ')) counts.passed++
  else if (line.startsWith('not ok ')) counts.failed++
}

/** All tests, the cheap ones first. */
async function everything() {
  await prepareServices(['kafka', 'versitygw', 'minio'], {
    report: (line) => console.log(`# ${line}`),
  })
  const apart = ['!test/integration/**', '!test/model/**', '!test/faults/processes/**']
  const units = await ava('test/**/*.test.ts', ...apart)
  const model = await ava('test/model/*.test.ts')
  // one at a time: each starts servers of its own
  const integration = await ava('--concurrency=1', '--timeout=15m', 'test/integration/*.test.ts')
  // two at a time: they wait for sessions and outages to be over most of the time
  const faults = await ava('--concurrency=2', '--timeout=15m', 'test/faults/processes/*.test.ts')
  return units && model && integration && faults
}

const files = process.argv.slice(2).filter((word) => word !== '--long')
if (process.argv.includes('--long')) process.env.FAULTS = 'long'
const content = files.length > 0 ? await ava('--timeout=15m', ...files) : await everything()

if (!content && counts.failed === 0) {
  console.log('not ok - the test runner failed without naming a test')
  counts.failed++
}
console.log(
  `${counts.passed} passed, ${counts.failed} failed${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''}`,
)
process.exitCode = counts.failed > 0 ? 1 : 0
