// npm test: gets the services that integration tests start, runs all tests, and ends with one plain line that counts them.
// npm test -- FILE…: runs those files only. With --long, tests do all that they can.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { prepareServices } from '../lib/services/index.ts'
import { COMPILED } from './support/environment.ts'

const counts = { passed: 0, failed: 0, skipped: 0 }

/** Run ava over some files; resolves to whether it was content. */
function ava(...args) {
  const child = spawn(process.execPath, ['node_modules/ava/entrypoints/cli.js', '--tap', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      // kafkajs sets timers in the past, which harms nobody
      NODE_OPTIONS: '--disable-warning=TimeoutNegativeWarning',
      // every file of tests loads most of the project
      NODE_COMPILE_CACHE: COMPILED,
    },
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

/** Tests that start services and processes. */
const SERVICES = ['test/faults/processes', 'test/integration']

/** All tests, the cheap ones first. */
async function everything() {
  await prepareServices(['kafka', 'versitygw', 'minio'], {
    report: (line) => console.log(`# ${line}`),
  })
  const units = await ava('test/**/*.test.ts', ...SERVICES.map((folder) => `!${folder}/**`))
  // three at a time: they start servers of their own, and wait for sessions and outages to be over most of the time
  const services = await ava(
    '--concurrency=3',
    '--timeout=15m',
    ...SERVICES.map((folder) => `${folder}/*.test.ts`),
  )
  return units && services
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
