import test from 'ava'
import { type Phase, runExperiment, type Sample } from '../../bench/backpressure/experiment.ts'
import { DEFAULT_MEMORY } from '../../lib/cli/heap.ts'
import { seconds } from '../../lib/duration.ts'
import { PATIENCE } from '../support/length.ts'

/** From the change of the store's rate to when fetching has to go at that rate. */
const FOLLOWS_WITHIN = seconds(10)

/** Of the members of a pipeline's consumer group. */
const SESSION_TIMEOUT = seconds(10)

/** Slower than a busy machine, and as long as it takes to see that the group is not left. */
const PHASES: readonly [Phase, Phase, Phase] = [
  { rate: 10e6, lasts: seconds(8) },
  { rate: 2e6, lasts: FOLLOWS_WITHIN + 2.5 * SESSION_TIMEOUT },
  { rate: 10e6, lasts: seconds(20) },
]

/** Samples of some seconds. */
const SPAN = 16

/** What was fetched and what was uploaded between the first and the last of these. */
function growth(samples: readonly Sample[]) {
  const [first, last] = [samples[0]!, samples.at(-1)!]
  const lasted = last.at - first.at
  return {
    lasted,
    fetched: last.fetched - first.fetched,
    uploaded: last.uploaded - first.uploaded,
  }
}

test('fetching goes at the rate of a slow store, in bounded memory and without leaving the group, and comes back with it', async (t) => {
  t.timeout(PATIENCE)
  const samples = await runExperiment(PHASES)
  const [fast] = PHASES
  const from = (ms: number) => samples.filter(({ at }) => at >= ms)
  const slow = from(fast.lasts + FOLLOWS_WITHIN).filter(({ phase }) => phase === 1)
  const again = samples.filter(({ phase }) => phase === 2)

  const { fetched, uploaded, lasted } = growth(slow)
  t.true(lasted >= 2 * SESSION_TIMEOUT, `${lasted}`)
  t.true(Math.abs(fetched - uploaded) <= 0.2 * uploaded, `${fetched} and ${uploaded}`)

  t.is(new Set(samples.map(({ members }) => members)).size, 1)
  t.not(samples[0]?.members, '')

  const peak = Math.max(...samples.map((sample) => sample.peak))
  t.true(peak > 0 && peak <= DEFAULT_MEMORY, `${peak}`)

  const rates = again.slice(SPAN).map((_, i) => {
    const { fetched, lasted } = growth(again.slice(i, i + SPAN))
    return fetched / lasted
  })
  t.true(Math.max(...rates) > (1.5 * fetched) / lasted, rates.join())
})
