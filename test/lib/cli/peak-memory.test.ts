import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import test from 'ava'
import { peakMemory } from '../../../lib/cli/peak-memory.ts'

const MODULE = new URL('../../../lib/cli/peak-memory.ts', import.meta.url).href
const MEGABYTE = 1024 ** 2

test('the most memory of a process is its own, whatever its parent had when it was started', async (t) => {
  const ballast = Buffer.alloc(400 * MEGABYTE, 1)
  const words = ['-e', `import('${MODULE}').then(({ peakMemory }) => console.log(peakMemory()))`]
  const { stdout } = await promisify(execFile)(process.execPath, words)
  t.true(peakMemory() > ballast.length)
  t.true(Number(stdout) > 10 * MEGABYTE && Number(stdout) < ballast.length, stdout)
})
