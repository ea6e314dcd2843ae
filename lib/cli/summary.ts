import type { Summary } from '../run/tally.ts'
import { type Selection, showSelection } from '../topics.ts'
import { formatBytes, formatCount, formatSpan, table } from './text.ts'

/** How the names of sinks begin that produce to a topic. */
const TOPIC_SINK = 'kafka:'

/** What a summary is about. */
export interface SummaryFacts {
  readonly pipeline: string
  /** Name of the instance, where it is not the pipeline's. */
  readonly name: string | undefined
  /** What was read. */
  readonly topics: Selection
  /** Where they are not the pipeline's own: they, by which its instance is found. */
  readonly others: readonly string[] | undefined
  /** Where objects are: a folder, or bucket and server. */
  readonly store: string
  /** Most memory that the process has had, in bytes. */
  readonly peak: number
}

/** What a run came to, as lines for people. */
export function summaryLines(summary: Summary, facts: SummaryFacts): string[] {
  const { pipeline, name = pipeline, topics, store, peak } = facts
  const { records, elapsed, objects, messages, retries, throttled } = summary
  if (records + objects + messages === 0)
    return [`${name}: nothing new in ${showSelection(topics)}`]
  const rate = formatCount((records * 1_000) / Math.max(1, elapsed))
  return [
    `${name}: ${formatCount(records)} records of ${showSelection(topics)} in ${formatSpan(elapsed)} (${rate}/s), peak memory ${formatBytes(peak)}`,
    ...table([
      ...section('written', summary.rows, 'rows'),
      ...section('finished', rotated(summary), 'objects'),
      ...section('expanded', summary.expanded, 'more events'),
      ...section('dropped', summary.dropped, 'events'),
      ...section('rejected', summary.rejected, 'events'),
    ]).map((line) => `  ${line}`),
    `  ${formatCount(objects)} objects in ${store}${messages > 0 ? ` and ${formatCount(messages)} messages` : ''}${retries > 0 ? `, after ${formatCount(retries)} requests that had to be repeated` : ''}${throttled > 0 ? `, ${formatCount(throttled)} of them because the store asked for fewer` : ''}`,
    ...misplaced(summary),
    '',
    ...whereToLook(Object.keys(summary.rows), facts),
  ]
}

function section(
  title: string,
  counts: Readonly<Record<string, number>>,
  unit: string,
): (string | number)[][] {
  return Object.entries(counts)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, n], i) => [i === 0 ? title : '', name, n, unit])
}

/** Why objects were finished, where a commit is not the only reason. */
const rotated = ({ finished }: Summary): Summary['finished'] =>
  Object.keys(finished).every((because) => because === 'epoch') ? {} : finished

function misplaced({ misplaced: { count, first } }: Summary): string[] {
  if (count === 0) return []
  return [
    `  ${formatCount(count)} records are in another partition than their key's, the first ${first}: duplicates across partitions are not found`,
  ]
}

function whereToLook(
  sinks: readonly string[],
  { pipeline, name, others, store }: SummaryFacts,
): string[] {
  const run = others === undefined ? pipeline : `${pipeline} --topic ${others.join(',')}`
  const instance = name === undefined ? run : `${pipeline} --name ${name}`
  const [topics, prefixes] = [true, false].map((isTopic) =>
    sinks.filter((sink) => sink.startsWith(TOPIC_SINK) === isTopic).sort(),
  ) as [string[], string[]]
  const folders = prefixes.map((prefix) => `${prefix}/`)
  const names = topics.map((sink) => sink.slice(TOPIC_SINK.length))
  return [
    ...(folders.length > 0 ? [`look at     ${folders.join(', ')} in ${store}`] : []),
    ...(names.length > 0 ? [`read        ${names.map((name) => `topic ${name}`).join(', ')}`] : []),
    `history     npm run sluice -- log ${instance}`,
    `check       npm run sluice -- verify ${instance}`,
  ]
}
