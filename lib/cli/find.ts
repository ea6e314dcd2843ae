import { Command } from 'commander'
import { systemClock } from '../clock.ts'
import { SluiceError } from '../errors.ts'
import type { Pipeline } from '../pipeline.ts'
import { idOf, isTopicName } from '../topics.ts'
import { type PathTrace, said } from '../verify/trace/fate.ts'
import { type Findings, find, type LogState, type Trace } from '../verify/trace/find.ts'
import type { Place } from '../verify/trace/look.ts'
import { loadPipeline, pipelineNames } from './catalog.ts'
import { EXIT, oneLine } from './exit.ts'
import { openPorts } from './ports.ts'
import { withScratch } from './scratch.ts'
import { formatCount } from './text.ts'

interface Flags {
  readonly pipeline?: string
  readonly json?: boolean
}

/** `find <topic>/<partition>@<offset>`: what became of one record. Exits 1 where that cannot be told. */
export function findCommand(): Command {
  return new Command('find')
    .description('what became of one record: object and row, or who dropped or rejected it')
    .argument('<record>', '<topic>/<partition>@<offset>')
    .option('--pipeline <name>', 'only in this one, or this instance')
    .option('--json', 'one JSON document, for programs')
    .action(run)
}

async function run(place: string, { pipeline, json }: Flags): Promise<void> {
  const wanted = readPlace(place)
  const ports = await openPorts({ readOnly: true })
  try {
    const found = await withScratch((scratch) =>
      find({
        ...wanted,
        ...(pipeline !== undefined && { pipeline }),
        store: ports.store,
        log: ports.log,
        clock: systemClock,
        replay: { pipelineOf, scratch },
      }),
    )
    for (const line of json ? [JSON.stringify(found, null, 2)] : linesOf(found)) console.log(line)
    if (!isTold(found)) process.exitCode = EXIT.failed
  } finally {
    await ports.close()
  }
}

const pipelineOf = async (name: string): Promise<Pipeline | undefined> =>
  (await pipelineNames()).includes(name) ? loadPipeline(name) : undefined

/** `views/0@123`, or `views-0@123` as messages have it. @throws SluiceError 'config' */
export function readPlace(text: string): Pick<Findings, 'topic' | 'partition' | 'offset'> {
  const [, topic = '', partition, offset] = /^(.+)[/-](\d{1,9})@(\d{1,15})$/.exec(text) ?? []
  if (isTopicName(topic)) return { topic, partition: Number(partition), offset: Number(offset) }
  throw new SluiceError(
    'config',
    `a record is named as <topic>/<partition>@<offset>, such as views/0@123, not '${text}'`,
  )
}

/** Whether nothing is left open. */
export const isTold = ({ traces }: Findings): boolean =>
  traces.every(
    ({ state, paths }) =>
      state === 'read' &&
      paths.every(
        ({ fate, places }) =>
          fate !== 'unknown' &&
          (fate !== 'kept' || places.some((place) => place.rows.length === 1)),
      ),
  )

/** What became of a record, as lines for people. */
export function linesOf(found: Findings): string[] {
  const { offset, log, traces } = found
  return [
    `${idOf(found)}@${offset}: ${inLog(log)}`,
    ...traces.flatMap((trace) => [
      headOf(trace),
      ...trace.paths.flatMap(pathLines),
      ...howLines(trace),
    ]),
  ]
}

function inLog({ state, bytes = 0, timestamp = -1 }: LogState): string {
  const said: Readonly<Record<LogState['state'], string>> = {
    there: `a value of ${formatCount(bytes)} bytes${timestamp < 0 ? '' : `, ${new Date(timestamp).toISOString()}`}`,
    gone: 'the log has it no more, so that its rows cannot be told by what they hold',
    none: 'no record of the log has this offset (compacted, or the end of a transaction)',
    later: 'the log ends before it',
    'no topic': 'the log has no such partition any more',
  }
  return said[state]
}

function headOf({ pipeline, state, to, commit }: Trace): string {
  if (state === 'unread') return `${pipeline}: not read yet, it has read up to offset ${to}`
  if (state === 'before') return `${pipeline}: never read, it began after it`
  return `${pipeline}: record ${commit!.index} of ${commit!.at.slice(0, 19).replace('T', ' ')}, offsets ${commit!.from} to ${commit!.to - 1}`
}

function howLines({ by, why }: Trace): string[] {
  if (by === 'replay') return ['  exact: its epoch was run again']
  return by === undefined ? [] : [`  told by what rows hold${why === undefined ? '' : `: ${why}`}`]
}

function pathLines(trace: PathTrace): string[] {
  const { path, fate, reason, messages = 1, places, either = [] } = trace
  const many = messages > 1 ? `, ${formatCount(messages)} of its events` : ''
  const head = `  ${path}: `
  switch (fate) {
    case 'dropped':
      return [`${head}${said(trace)}${many}`]
    case 'rejected':
      return [
        `${head}${said(trace)}${reason ? `: ${oneLine(reason)}` : ''}`,
        ...places.flatMap(placeLines),
      ]
    case 'aggregated':
      return [`${head}added up, in the partials of that record${many}`]
    case 'produced':
      return [`${head}produced, with the messages of that record${many}`]
    case 'kept':
      return [`${head}kept`, ...places.flatMap(placeLines)]
    case 'held':
      return [`${head}${said(trace)}, which sends it on later${many}`]
    case 'unknown':
      return [`${head}cannot be told: ${either.join(', or ')}`, ...places.flatMap(placeLines)]
  }
}

function placeLines(place: Place): string[] {
  const { key, state, rows, text, bytes, byPosition, altered, reason } = place
  const which =
    rows.length === 0
      ? 'an unknown row'
      : rows.length === 1
        ? `row ${rows[0]}`
        : `one of the rows ${rows.slice(0, 10).join(', ')}${rows.length > 10 ? ', …' : ''}, which are all alike`
  const how = byPosition ? ', by its position,' : bytes ? `, bytes ${bytes[0]} to ${bytes[1]},` : ''
  const what: Readonly<Record<Place['state'], string>> = {
    committed: `${which}${how} of ${key}`,
    pending: `${which}${how} of ${key}, which is not visible yet`,
    open: `${which}${how} of the open object in ${key}`,
    forgotten: `${which}${how} of ${key}, which was deleted on purpose: ${reason}`,
    missing: `${which}${how} of ${key}, which is not there any more`,
  }
  return [
    `    ${what[state]}${altered ? ', which holds something else there now: see what verify says' : ''}`,
    ...(text === undefined ? [] : [`      ${oneLine(text).slice(0, LONGEST_TEXT)}`]),
  ]
}

/** Characters of a row that are shown. */
const LONGEST_TEXT = 400
