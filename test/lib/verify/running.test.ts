import test from 'ava'
import { milliseconds, seconds } from '../../../lib/duration.ts'
import { runPipeline } from '../../../lib/run/run.ts'
import { memoryLog, memoryStore, slow, virtualClock } from '../../../lib/testing.ts'
import { faultyStore } from '../../../lib/testing/faulty-store.ts'
import { find } from '../../../lib/verify/trace/find.ts'
import { verify } from '../../../lib/verify/verify.ts'
import { append, views } from './views.ts'

/** How long a request of the run and one of the audit take, in ms. */
const paces = [
  [1, 40],
  [40, 1],
  [15, 15],
] as const

for (const [own, audits] of paces)
  test(`a run whose requests take ${own} ms, audited all the time by requests of ${audits} ms, is sound at any moment`, async (t) => {
    const [log, store, clock] = [memoryLog(), memoryStore(), virtualClock('2024-01-01T12:00:00Z')]
    await log.create('views', 2)
    await append(log, 0, 50)
    const stop = new AbortController()
    const run = runPipeline({
      pipeline: views,
      log,
      store: faultyStore(store, { clock, fault: slow(milliseconds(own)) }),
      clock,
      untilEnd: false,
      commitEvery: seconds(1),
      memory: 64 * 1024 * 1024,
      signal: stop.signal,
    })
    const asked = faultyStore(store, { clock, fault: slow(milliseconds(audits)) })
    let read = 0
    const audit = async (): Promise<void> => {
      await clock.sleep(3_000)
      for (let round = 1; read < 500; round++) {
        await append(log, round * 50, round * 50 + 50)
        await clock.sleep(200)
        const scratch = memoryStore()
        const replay = { pipeline: views, scratch }
        const report = await verify({ pipeline: 'views', store: asked, log, clock, replay })
        t.deepEqual(report.findings, [])
        t.deepEqual(
          report.replay?.flatMap(({ unchecked }) => unchecked),
          [],
        )
        read = report.lanes.reduce((sum, { records }) => sum + records, 0)
        const pipelineOf = () => Promise.resolve(views)
        const { traces } = await find({
          topic: 'views',
          partition: 0,
          offset: round * 3,
          store: asked,
          log,
          clock,
          replay: { pipelineOf, scratch },
        })
        t.not(traces[0]?.by, 'likeness')
      }
      stop.abort()
    }
    await clock.run(Promise.all([run, audit()]))
  })
