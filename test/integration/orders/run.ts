import { report } from '../../../lib/cli/exit.ts'
import { pipelineCommand } from '../../../lib/cli/run.ts'
import { copies, orders } from './pipelines.ts'

/** `sluice run` for pipelines that are none of the project's: `node run.ts <pipeline> [options]`. */
const [name, ...words] = process.argv.slice(2)
try {
  const pipeline = [orders, copies].find((pipeline) => pipeline.name === name)
  if (!pipeline) throw new Error(`there is no pipeline ${name}`)
  await pipelineCommand(pipeline).parseAsync(words, { from: 'user' })
  process.exit()
} catch (error) {
  process.exit(report(error))
}
