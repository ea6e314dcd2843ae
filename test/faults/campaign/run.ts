import { report } from '../../../lib/cli/exit.ts'
import { pipelineCommand } from '../../../lib/cli/run.ts'
import { campaignPipeline } from './pipeline.ts'

/** `sluice run` for the pipeline of the campaign. */
try {
  await pipelineCommand(campaignPipeline).parseAsync(process.argv.slice(2), { from: 'user' })
  process.exit()
} catch (error) {
  process.exit(report(error))
}
