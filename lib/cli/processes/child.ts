// What `run --processes` starts: node child.ts <number> <pipeline> [options]
import { loadPipeline } from '../catalog.ts'
import { runAsChild } from './run-child.ts'

process.exit(await runAsChild(loadPipeline))
