import { runAsChild } from '../../../lib/cli/processes/run-child.ts'
import { deadly } from './pipeline.ts'

process.exit(await runAsChild(() => Promise.resolve(deadly)))
