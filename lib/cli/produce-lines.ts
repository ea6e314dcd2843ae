import type { Readable } from 'node:stream'
import type { Clock } from '../clock.ts'
import { messageOf, SluiceError } from '../errors.ts'
import type { Log, Producer } from '../ports.ts'
import type { FailedLines } from './appends.ts'
import { type Screen, showProgress } from './display.ts'
import { type BadLine, type BadLines, sendLines, type Sent } from './send-lines.ts'
import { formatCount, formatSpan } from './text.ts'

export interface ProduceLinesOptions {
  readonly log: Log
  readonly topic: string
  /** Of the topic, where it is not there yet. */
  readonly partitions: number
  /** Field whose value is the key, dotted where it lies deeper. Without it records have no key. */
  readonly key?: string | undefined
  readonly badLines: BadLines
  readonly input: Readable
  /** For messages: `standard input`, or a file. */
  readonly source: string
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly screen: Screen
}

/** Bad lines that are told one by one. */
const TOLD = 10

/**
 * Write the lines of a text to a topic, and make the topic where there is none. Shows how far it is, and tells of bad lines.
 *
 * @returns what was written, as lines for people
 * @throws SluiceError 'service' when not all was written, because of a bad line, the log or the source; it says what was
 */
export async function produceLines(options: ProduceLinesOptions): Promise<string[]> {
  const { log, topic, partitions, source, clock } = options
  const there = (await log.ranges(topic))?.length ?? partitions
  const started = clock.now()
  const sent = await sendShown(options)
  const { written, bad, stoppedAt, failed } = sent
  if (stoppedAt || failed) throw notAll(sent, options)
  if (written + bad === 0) return [`${topic}: no lines in ${source}, nothing written`]
  const span = formatSpan(clock.now() - started)
  const lines = [`${topic}: ${formatCount(written)} records in ${span}`]
  if (bad > 0) lines.push(`  bad lines: ${formatCount(bad)}, ${FATES[options.badLines]}`)
  if (there !== partitions) lines.push(`  partitions: ${there}, since the topic was there already`)
  return lines
}

const FATES = { send: 'sent all the same', skip: 'left out', stop: '' } as const

/** Send them with a line of progress. */
async function sendShown(options: ProduceLinesOptions): Promise<Sent> {
  const { log, topic, partitions, input, source, badLines, clock, screen } = options
  let written = 0
  let told = 0
  const display = showProgress(
    () => `${topic}: ${formatCount(written)} records written`,
    screen,
    clock,
  )
  const open = async (): Promise<Producer> => {
    await log.create(topic, partitions)
    return log.producer(topic)
  }
  const bad = (line: BadLine): void => {
    if (told++ < TOLD) display.note(`${sentence(line, source)}: ${FATES[badLines]}`)
  }
  try {
    return await sendLines(input, {
      ...options,
      open,
      progress: (n) => void (written = n),
      bad,
    })
  } catch (error) {
    throw new SluiceError(
      'service',
      `cannot read ${source}: ${messageOf(error)}; ${writtenTo(topic, written)}`,
      { cause: error },
    )
  } finally {
    display.close()
  }
}

const sentence = ({ number, problem }: BadLine, source: string): string =>
  `line ${formatCount(number)} of ${source} ${problem}`

const writtenTo = (topic: string, n: number): string =>
  `${formatCount(n)} records are written to ${topic}`

function notAll(
  { written, stoppedAt, failed }: Sent,
  { topic, source, log }: ProduceLinesOptions,
): SluiceError {
  const before = writtenTo(topic, written)
  if (failed)
    return new SluiceError(
      'service',
      `${failedLines(failed, source)} not acknowledged by ${log.place}: ${failed.reason}; ${before} before that`,
    )
  return new SluiceError(
    'service',
    `${sentence(stoppedAt!, source)}; ${before}, and nothing from this line on: mend it and produce the rest (tail -n +${stoppedAt!.number}), or say --bad-lines skip or send`,
  )
}

const failedLines = ({ first, last, longest }: FailedLines, source: string): string =>
  first === last
    ? `line ${formatCount(first)} of ${source} was`
    : `lines ${formatCount(first)} to ${formatCount(last)} of ${source}, of which ${formatCount(longest)} is the longest, were`
