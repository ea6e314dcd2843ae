import { Command } from 'commander'
import { systemClock } from '../clock.ts'
import type { Finding } from '../verify/finding.ts'
import type { TopicReport } from '../verify/topic-audit.ts'
import type { LaneReport, Report } from '../verify/verify.ts'
import { verify } from '../verify/verify.ts'
import { EXIT } from './exit.ts'
import { readTopics, textFlag } from './flag.ts'
import { openPorts } from './ports.ts'
import { formatBytes, formatCount, table } from './text.ts'

interface Flags {
  readonly topic?: readonly string[]
  readonly name?: string
  readonly json?: boolean
}

/** `verify <pipeline>`: audit what a pipeline has written. Exits 1 with findings. */
export function verifyCommand(): Command {
  return new Command('verify')
    .description(
      'check that every record is in the objects once, and every object as it was written',
    )
    .argument('<pipeline>', 'which pipeline')
    .addOption(
      textFlag('topic', 'names', 'as it was run: on other topics than its own', readTopics),
    )
    .option('--name <name>', 'the instance, where it was run with another name')
    .option('--json', 'one JSON document, for programs')
    .action(run)
}

async function run(pipeline: string, { topic, name = pipeline, json }: Flags): Promise<void> {
  const ports = await openPorts({ readOnly: true })
  try {
    const report = await verify({
      pipeline: name,
      store: ports.store,
      log: ports.log,
      clock: systemClock,
      ...(topic !== undefined && { topics: topic }),
    })
    const lines = json ? [JSON.stringify(jsonOf(report), null, 2)] : linesOf(report)
    for (const line of lines) console.log(line)
    if (report.count > 0) process.exitCode = EXIT.failed
  } finally {
    await ports.close()
  }
}

const jsonOf = (report: Report) => ({
  verified: report.count === 0,
  ...report,
  lanes: report.lanes.map((lane) => ({ ...lane, watermark: timeOf(lane.watermark) ?? null })),
})

/** What an audit came to, as lines for people. The last one says whether all is well. */
export function linesOf(report: Report): string[] {
  const { pipeline, read, store, log, instance, lanes, findings, count } = report
  return [
    `${pipeline} on ${read.join(', ')}: instance ${instance} in ${store}${log === undefined ? '' : `, log ${log}`}`,
    '',
    ...table([
      ['lane', 'records', 'offsets', 'commits', 'objects', 'watermark'],
      ...lanes.map((lane) => [
        lane.lane,
        lane.records,
        lane.stage === 1 ? `${lane.from}..${lane.to}` : '',
        lane.commits,
        lane.objects,
        timeOf(lane.watermark) ?? '',
      ]),
    ]),
    '',
    ...sinkLines(report),
    ...lanes.flatMap(notesOf),
    ...(report.topics ?? []).map(topicLine),
    ...missingTopics(report),
    ...foreignNote(report),
    ...findings.map(lineOf),
    ...(count > findings.length ? [`… and ${formatCount(count - findings.length)} more`] : []),
    count === 0 ? verdictOf(report) : `FAILED: ${counted(count, 'finding')}`,
  ]
}

function sinkLines({ sinks, reasons }: Report): string[] {
  const rows = Object.entries(sinks).map(([sink, { kept, objects, rows: count, bytes }]) =>
    // an exchange has no objects, and what comes after it, or of rejected events, has no records of its own
    // nor has one that produces objects
    [
      sink,
      kept || '',
      ...(objects > 0 ? [objects, count, formatBytes(bytes)] : ['', count || '', '']),
    ],
  )
  const fates = Object.entries(sinks).flatMap(([sink, { expanded, dropped, rejected }]) => [
    ...Object.entries(expanded).map(
      ([operator, n]) => `${sink}: ${formatCount(n)} more made by ${operator}`,
    ),
    ...Object.entries(dropped).map(
      ([operator, n]) => `${sink}: ${formatCount(n)} dropped by ${operator}`,
    ),
    ...Object.entries(rejected).map(
      ([operator, n]) => `${sink}: ${formatCount(n)} rejected by ${operator}`,
    ),
  ])
  return [
    ...table([['sink', 'kept', 'objects', 'rows', 'bytes'], ...rows]),
    '',
    ...fates,
    ...Object.entries(reasons).map(
      ([reason, n]) => `rejected: ${formatCount(n)} because of ${reason}`,
    ),
  ]
}

function notesOf({ lane, pending, log }: LaneReport): string[] {
  const notes: string[] = []
  if (pending > 0)
    notes.push(
      `${lane}: ${counted(pending, 'object')} pending: committed, and visible as soon as the running pipeline, or its next start, has published them`,
    )
  if (log && log.gone > 0)
    notes.push(
      `${lane}: ${counted(log.gone, 'record')} not in the log any more: not checkable against it`,
    )
  if (log && log.unread > 0)
    notes.push(`${lane}: ${counted(log.unread, 'offset')} still to be read`)
  return notes
}

const topicLine = ({ topic, messages, found, repeats, pending, gone }: TopicReport): string =>
  [
    `topic ${topic}: ${formatCount(found)} of ${counted(messages, 'message')} found`,
    ...(repeats > 0 ? [`${formatCount(repeats)} repeats, marked`] : []),
    ...(pending > 0 ? [`${formatCount(pending)} still to be produced`] : []),
    ...(gone > 0 ? [`${formatCount(gone)} not there any more, not checkable`] : []),
  ].join(', ')

const missingTopics = ({ log, read, lanes }: Report): string[] =>
  (log === undefined ? [] : read)
    .filter((topic) => !lanes.some((lane) => lane.topic === topic && lane.log))
    .map(
      (topic) => `there is no topic ${topic} at ${log} any more: nothing is checkable against it`,
    )

const foreignNote = ({ foreign: { count, first } }: Report): string[] =>
  count === 0
    ? []
    : [
        `${counted(count, 'object')} of other writers under the sinks' prefixes, not judged, such as ${first}`,
      ]

const counted = (n: number, what: string): string =>
  `${formatCount(n)} ${what}${n === 1 ? '' : 's'}`

const lineOf = ({ kind, where, what, advice }: Finding): string =>
  `${kind.toUpperCase()} ${where}: ${what}; ${advice}`

function verdictOf({ lanes, sinks, topics = [] }: Report): string {
  const records = lanes.reduce((sum, lane) => sum + lane.records, 0)
  const objects = lanes.reduce((sum, lane) => sum + lane.objects, 0)
  const stored = Object.values(sinks).filter((sink) => sink.objects > 0)
  const rows = stored.reduce((sum, sink) => sum + sink.rows, 0)
  const messages = topics.reduce((sum, topic) => sum + topic.found, 0)
  const all = [
    counted(records, 'record'),
    `${counted(objects, 'object')} with ${counted(rows, 'row')}`,
    ...(topics.length > 0 ? [counted(messages, 'message')] : []),
  ]
  return `verified: ${all.join(', ')}, none lost, doubled or altered`
}

/** A watermark as text; undefined where there is none. */
const timeOf = (ms: number): string | undefined =>
  Number.isFinite(ms) ? new Date(ms).toISOString() : undefined
