import { report } from '../../../lib/cli/exit.ts'
import { pipelineCommand } from '../../../lib/cli/run.ts'
import { trialPipeline } from './pipeline.ts'

/** `sluice run` for the pipeline of a trial: `node run.ts <its name> [options]`. */
const [name = '', ...words] = process.argv.slice(2)
try {
  await pipelineCommand(trialPipeline(name)).parseAsync(words, { from: 'user' })
  process.exit()
} catch (error) {
  process.exit(report(error))
}
