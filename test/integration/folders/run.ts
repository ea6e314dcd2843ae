// A process that lays events out by user, with a commit every second: node run.ts, in the folder that holds its data
import { dataBudget, DEFAULT_MEMORY } from '../../../lib/cli/heap.ts'
import { openPorts } from '../../../lib/cli/ports.ts'
import { systemClock } from '../../../lib/clock.ts'
import { byField, definePipeline, jsonLines, seconds } from '../../../lib/index.ts'
import { runPipeline } from '../../../lib/run/run.ts'
import { parse } from '../../../operators/index.ts'
import { peakMemory } from '../../../lib/cli/peak-memory.ts'

const pipeline = definePipeline('folders', ({ kafka, s3 }) => {
  kafka({ topic: 'events' })
    .through(parse<{ user: number }>())
    .to(
      s3({
        prefix: 'users',
        partitionBy: byField('user'),
        format: { ...jsonLines(), extension: 'json' },
        rotate: { records: 1_000_000 },
      }),
    )
})

const ports = await openPorts()
const { log, store } = ports
const summary = await runPipeline({
  pipeline,
  log,
  store,
  clock: systemClock,
  untilEnd: true,
  commitEvery: seconds(1),
  memory: dataBudget(DEFAULT_MEMORY),
  signal: new AbortController().signal,
})
await ports.close()
const peak = peakMemory()
console.log(JSON.stringify({ objects: summary.objects, finished: summary.finished, peak }))
