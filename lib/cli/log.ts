import { Command } from 'commander'
import { systemClock } from '../clock.ts'
import { type CommitRecord, openIn } from '../commit/record.ts'
import { SluiceError } from '../errors.ts'
import { fateByOperator } from '../lane/fates.ts'
import { integer } from '../options.ts'
import { labelOf } from '../verify/context.ts'
import { history } from '../verify/history.ts'
import { flagOf, readTopics, textFlag } from './flag.ts'
import { openPorts } from './ports.ts'
import { formatBytes, formatCount } from './text.ts'

interface Flags {
  readonly topic?: readonly string[]
  readonly name?: string
  readonly lane?: number
  readonly records: number
  readonly objects?: boolean
  readonly json?: boolean
}

/** `log <pipeline>`: its commits as a history, newest first. */
export function logCommand(): Command {
  const records = integer(20, 'how many commit records')
  return new Command('log')
    .description('the commits of a pipeline, newest first')
    .argument('<pipeline>', 'which pipeline')
    .addOption(flagOf('records', records))
    .addOption(textFlag('lane', 'n', 'only the lane of this partition', readLane))
    .addOption(
      textFlag('topic', 'names', 'as it was run: on other topics; or only these', readTopics),
    )
    .option('--name <name>', 'the instance, where it was run with another name')
    .option('--objects', 'with the objects of each commit')
    .option('--json', 'one JSON document a line, the whole record')
    .action(run)
}

async function run(pipeline: string, flags: Flags): Promise<void> {
  const { topic, name = pipeline, lane, records, objects, json } = flags
  const ports = await openPorts({ readOnly: true })
  try {
    let left = records
    const all = history({
      pipeline: name,
      store: ports.store,
      clock: systemClock,
      ...(topic !== undefined && { topics: topic }),
      ...(lane !== undefined && { partition: lane }),
    })
    for await (const record of all) {
      console.log(json ? JSON.stringify(record) : lineOf(record))
      if (objects && !json) for (const line of objectLines(record)) console.log(line)
      if (--left === 0) break
    }
  } finally {
    await ports.close()
  }
}

function readLane(text: string): number {
  if (/^\d+$/.test(text)) return Number(text)
  throw new SluiceError('config', `takes the number of a partition, not '${text}'`)
}

/** A commit record in one line: which, when, by whom, what of the log, what came of it, what it holds. */
export function lineOf(record: CommitRecord): string {
  const {
    index,
    kind,
    lane,
    at,
    owner,
    from,
    to,
    records,
    objects,
    outbox = [],
    watermark,
    recorded,
    ended,
  } = record
  const open = openIn(record).reduce((sum, { rows }) => sum + rows, 0)
  const made = kind === 'commit' ? objects.length : 0
  const messages = kind === 'commit' ? outbox.reduce((sum, { count }) => sum + count, 0) : 0
  return [
    `${labelOf(lane)} ${index}`,
    kind.padEnd(7),
    at.slice(0, 19).replace('T', ' '),
    owner.slice(0, 8),
    ...(lane.stage === 1 ? [`${from}..${to}`] : []),
    ...(records > 0 ? [`${formatCount(records)} records`] : []),
    ...fatesOf(record),
    ...(made > 0 ? [`${formatCount(made)} object${made === 1 ? '' : 's'}`] : []),
    ...(messages > 0 ? [`${formatCount(messages)} message${messages === 1 ? '' : 's'}`] : []),
    ...(open > 0 ? [`${formatCount(open)} rows open`] : []),
    ...(Number.isFinite(watermark) ? [`watermark ${new Date(watermark).toISOString()}`] : []),
    `state ${formatBytes(stateBytes(record))}`,
    ...(kind === 'commit' && recorded.closing && ended !== undefined
      ? [`end of run ${ended}`]
      : []),
  ].join('  ')
}

/** What was expanded, dropped and rejected; what is kept goes without saying. */
function fatesOf(record: CommitRecord): string[] {
  const expanded = Object.entries(fateByOperator(record, 'expanded'))
  const dropped = Object.entries(fateByOperator(record, 'dropped'))
  return [
    ...expanded.map(([operator, n]) => `${formatCount(n)} more made by ${operator}`),
    ...dropped.map(([operator, n]) => `${formatCount(n)} dropped by ${operator}`),
    ...Object.entries(record.reasons).map(([reason, n]) => `${formatCount(n)} rejected: ${reason}`),
  ]
}

const stateBytes = ({ state }: CommitRecord): number =>
  Object.values(state)
    .flat()
    .reduce((sum, { from, to }) => sum + to - from, 0)

const objectLines = ({ kind, objects }: CommitRecord): string[] =>
  kind === 'commit'
    ? objects.map(
        ({ key, rows, bytes, because }) =>
          `    ${key}  ${formatCount(rows)} rows  ${formatBytes(bytes)}  (${because})`,
      )
    : []
