import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { artifactFolder } from '../../lib/services/artifacts.ts'

/** Runs a class of Kafka's, or a source file, over Kafka's jars. Resolves to what it prints. */
export async function java(main: string, ...words: string[]): Promise<string> {
  const jars = join(await artifactFolder('kafka', () => {}), '*')
  const { stdout } = await promisify(execFile)('java', ['-cp', jars, main, ...words], {
    maxBuffer: 256 * 1024 * 1024,
  })
  return stdout
}
