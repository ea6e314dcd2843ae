import { pipelineCommand } from '../lib/cli/run.ts'
import { definePipeline, rawBytes } from '../lib/index.ts'

/** (c): a pipeline that archives every record's bytes, an object a partition and commit. */
const archive = definePipeline('archive', ({ kafka, s3, rejected }) => {
  kafka({ topic: 'ecommerce-events' }).to(
    s3({ prefix: 'archive', format: rawBytes({ separator: '\n' }) }),
  )
  rejected.to(s3({ prefix: 'rejected' }))
})

await pipelineCommand(archive).parseAsync(process.argv.slice(2), { from: 'user' })
process.exit()
