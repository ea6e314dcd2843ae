import { kafkaLog } from '../../lib/kafka/log.ts'
import { systemClock } from '../../lib/clock.ts'
import { milliseconds } from '../../lib/duration.ts'
import { definePipeline } from '../../lib/index.ts'
import { folderStore } from '../../lib/local/store.ts'
import { runPipeline } from '../../lib/run/run.ts'
import { parse } from '../../operators/index.ts'

export interface Numbered {
  readonly n: number
  readonly key: string
}

/** What is read goes into another topic, by its key. */
const relay = definePipeline('relay', ({ kafka }) => {
  kafka({ topic: 'numbers' })
    .through(parse<Numbered>())
    .to(kafka.to({ topic: 'copies', key: ({ key }) => key }))
})

/** A process of its own: `node relay.ts <broker> <folder of its store>`. */
const [broker = '', folder = ''] = process.argv.slice(2)
const log = await kafkaLog({ brokers: [broker] })
const store = await folderStore(folder)
const { records } = await runPipeline({
  pipeline: relay,
  log,
  store,
  clock: systemClock,
  untilEnd: true,
  commitEvery: milliseconds(20),
  memory: 64 * 1024 ** 2,
  signal: new AbortController().signal,
  events: { produced: () => void process.stdout.write('produced\n') },
})
process.stdout.write(`over after ${records}\n`)
await log.close()
await store.close()
