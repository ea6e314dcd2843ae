import type { Sample } from './experiment.ts'

/** Width of a point of the chart, in ms: several uploads of 8 MiB at the slow rate. */
const STEP = 5_000
const MB = 1e6

/** MB a second between neighbouring points of time. */
interface Point {
  readonly second: number
  readonly fetched: number
  readonly uploaded: number
}

/** The last sample of each step, as rates since the one before. */
export function pointsOf(samples: readonly Sample[], step = STEP): Point[] {
  const points: Point[] = []
  let from = samples[0]
  for (const sample of samples) {
    if (!from || sample.at - from.at < step) continue
    const ms = sample.at - from.at
    points.push({
      second: Math.round(sample.at / 1_000),
      fetched: ((sample.fetched - from.fetched) / ms) * (1_000 / MB),
      uploaded: ((sample.uploaded - from.uploaded) / ms) * (1_000 / MB),
    })
    from = sample
  }
  return points
}

/** A chart in Mermaid's language: what is fetched and what is uploaded, in MB a second. */
export function chartOf(samples: readonly Sample[]): string {
  const points = pointsOf(samples)
  const list = (name: 'second' | 'fetched' | 'uploaded', digits: number): string =>
    points.map((point) => point[name].toFixed(digits)).join(', ')
  return [
    'xychart-beta',
    '  title "MB a second: fetched from Kafka, taken by the store"',
    `  x-axis "seconds" [${list('second', 0)}]`,
    '  y-axis "MB/s"',
    `  line "fetched" [${list('fetched', 1)}]`,
    `  line "uploaded" [${list('uploaded', 1)}]`,
  ].join('\n')
}
