import { fileURLToPath } from 'node:url'
import { exitCodeOf } from '../../../lib/cli/main.ts'
import { runProcesses } from '../../../lib/cli/processes/run-processes.ts'
import { pipelineCommand } from '../../../lib/cli/run.ts'
import { seconds } from '../../../lib/duration.ts'
import { deadly } from './pipeline.ts'

/** `sluice run deadly`, with less patience: `node run.ts --processes n [options]`. */
const words = process.argv.slice(2)
const upbringing = {
  module: fileURLToPath(new URL('child.ts', import.meta.url)),
  patience: seconds(6),
}
const command = pipelineCommand(deadly, (pipeline, given) =>
  runProcesses(pipeline, given, words, undefined, upbringing),
)
process.exit(await exitCodeOf(async () => void (await command.parseAsync(words, { from: 'user' }))))
