import type { Headers } from '../message.ts'
import type { LaneName } from './record.ts'
import { idOf } from '../topics.ts'

/** Headers of every message that a pipeline produces, by which a reader knows a repeat. */
const HEADER = {
  instance: 'sluice-instance',
  lane: 'sluice-lane',
  commit: 'sluice-commit',
  ordinal: 'sluice-ordinal',
  /** Where it was produced to: tools that copy headers to records of their own topics mark nothing by that. */
  topic: 'sluice-topic',
} as const

/** How no header of a user's own may begin. */
export const RESERVED = 'sluice-'

/** Who produces: what all messages of a lane have in common. */
export interface Producing {
  readonly instance: string
  readonly lane: string
}

/** Which of all messages of a lane it is: of those for one partition of the topic, each has a higher mark than the one before. */
export interface Mark extends Producing {
  readonly commit: number
  /** From 0 in every commit. */
  readonly ordinal: number
}

/** How a lane is called in headers. Its two stages never bear the same name. */
export const producingAs = (instance: string, lane: LaneName): Producing => ({
  instance: `${lane.pipeline}/${instance}`,
  lane: `${idOf(lane)}${lane.stage === 2 ? '-merge' : ''}`,
})

export const headersOf = (topic: string, mark: Mark): Record<string, string> => ({
  [HEADER.instance]: mark.instance,
  [HEADER.lane]: mark.lane,
  [HEADER.commit]: String(mark.commit),
  [HEADER.ordinal]: String(mark.ordinal),
  [HEADER.topic]: topic,
})

/** The mark of a record of this topic; undefined for one that was not produced there by a pipeline. */
export function markOf(headers: Headers, topic: string): Mark | undefined {
  if (textOf(headers, HEADER.topic) !== topic) return undefined
  const instance = textOf(headers, HEADER.instance)
  const lane = textOf(headers, HEADER.lane)
  const commit = numberOf(headers, HEADER.commit)
  const ordinal = numberOf(headers, HEADER.ordinal)
  if (instance === undefined || lane === undefined) return undefined
  return commit === undefined || ordinal === undefined
    ? undefined
    : { instance, lane, commit, ordinal }
}

function textOf(headers: Headers, name: string): string | undefined {
  const value = headers[name]
  return Buffer.isBuffer(value) ? value.toString() : undefined
}

function numberOf(headers: Headers, name: string): number | undefined {
  const text = textOf(headers, name)
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}
