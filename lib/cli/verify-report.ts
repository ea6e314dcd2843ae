import type { Finding } from '../verify/finding.ts'
import type { ForgottenReport } from '../verify/forgotten.ts'
import type { TopicReport } from '../verify/topic-audit.ts'
import type { LaneReplayReport } from '../verify/replay/lane-replay.ts'
import type { LaneReport, Report } from '../verify/verify.ts'
import { formatBytes, formatCount, table } from './text.ts'

/** What an audit came to, for programs. */
export const jsonOf = (report: Report) => ({
  verified: report.count === 0,
  ...report,
  ...(report.since !== undefined && { since: timeOf(report.since) }),
  notChecked: notChecked(report),
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
    ...foreignNote(report),
    ...report.forgotten.flatMap(forgottenLines),
    ...(report.replay ?? []).map(againLine),
    ...notChecked(report).map((what) => `not checked: ${what}`),
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
  if (log && log.unread > 0)
    notes.push(`${lane}: ${counted(log.unread, 'offset')} still to be read`)
  return notes
}

const topicLine = ({ topic, messages, found, repeats, pending }: TopicReport): string =>
  [
    `topic ${topic}: ${formatCount(found)} of ${counted(messages, 'message')} found`,
    ...(repeats > 0 ? [`${formatCount(repeats)} repeats, marked`] : []),
    ...(pending > 0 ? [`${formatCount(pending)} still to be produced`] : []),
  ].join(', ')

/** All that the audit says nothing about, and why. */
function notChecked(report: Report): string[] {
  const { read, log, lanes, since, sample, topics = [], replay = [] } = report
  const missing =
    log === undefined
      ? []
      : read.filter((topic) => !lanes.some((lane) => lane.topic === topic && lane.log))
  const older = since === undefined ? [] : lanes.filter(({ start }) => start > 1)
  return [
    ...older.map(({ lane, stage, start, from }) => {
      const offsets = stage === 1 ? `, offsets before ${from}` : ''
      return `${lane}: ${counted(start - 1, 'record')} of its chain from before ${timeOf(since!)}${offsets}`
    }),
    ...(since === undefined
      ? []
      : ['objects that no commit lists, since older ones were left out']),
    ...(sample
      ? [
          `the bytes of ${counted(sample.objects, 'object')} with ${counted(sample.rows, 'row')}: not in the sample of ${sample.percent} % (--seed ${sample.seed})`,
        ]
      : []),
    ...missing.map((topic) => `against the log: there is no topic ${topic} at ${log} any more`),
    ...lanes.flatMap(({ lane, log }) =>
      log && log.gone > 0
        ? [`${lane}: against the log, ${counted(log.gone, 'record')} that it has no more`]
        : [],
    ),
    ...topics.flatMap(({ topic, gone }) =>
      gone > 0 ? [`topic ${topic}: ${counted(gone, 'message')} that it has no more`] : [],
    ),
    ...replay.flatMap(({ lane, unchecked }) =>
      unchecked.map(
        ({ epochs, records, first, reason }) =>
          `${lane}: ${counted(epochs, 'commit')} from record ${first} on, with ${counted(records, 'record')}, could not be run again: ${reason}`,
      ),
    ),
  ]
}

const againLine = ({ lane, epochs, records, objects }: LaneReplayReport): string =>
  `${lane}: ran ${counted(epochs, 'commit')} again, ${counted(records, 'record')} into ${counted(objects, 'object')}`

/** What was deleted on purpose, as far as it is gone. */
function forgottenLines(report: ForgottenReport): string[] {
  const { prefix, reason, by, at, objects, rows, stillThere } = report
  const who = `${reason} (${by}, ${at.slice(0, 10)})`
  return [
    `forgotten: ${counted(objects, 'object')} with ${counted(rows, 'row')} under ${prefix}: ${who}`,
    ...(stillThere > 0
      ? [`still there: ${counted(stillThere, 'object')} under ${prefix} that were to be forgotten`]
      : []),
  ]
}

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

function verdictOf(report: Report): string {
  const { lanes, checked, topics = [] } = report
  const records = lanes.reduce((sum, lane) => sum + lane.records, 0)
  const messages = topics.reduce((sum, topic) => sum + topic.found, 0)
  const all = [
    counted(records, 'record'),
    `${counted(checked.objects, 'object')} with ${counted(checked.rows, 'row')}`,
    ...(topics.length > 0 ? [counted(messages, 'message')] : []),
  ]
  const again = report.replay ? ', and the same when run again' : ''
  const but = notChecked(report).length > 0 ? '; not all was checked, see above' : ''
  return `verified: ${all.join(', ')}, none lost, doubled or altered${again}${but}`
}

/** A watermark as text; undefined where there is none. */
const timeOf = (ms: number): string | undefined =>
  Number.isFinite(ms) ? new Date(ms).toISOString() : undefined
