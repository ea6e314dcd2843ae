import { SluiceError } from '../errors.ts'

/** What an object can be named after. */
export interface ObjectFacts {
  /** Of the sink, and of the object within it: without slashes around them. */
  readonly prefix: string
  readonly folder: string
  readonly pipeline: string
  /** Random, and another one for every instance of a pipeline: two of them never have one in common. */
  readonly instance: string
  readonly topic: string
  readonly partition: number
  /** The lane among those of its pipeline: `views-0`, by the topic and the partition that it reads, or that its range rides on. */
  readonly lane: string
  /** Index of the commit that lists the object. */
  readonly commitIndex: number
  /** Which object of that commit it is, from 0. */
  readonly ordinal: number
  /** Offset of the record that its first row came from; -1 for results that came from no single record. */
  readonly firstOffset: number
  /** Highest offset of the records that its rows came from, and their number. A name that depends on them is made when the object is finished. */
  readonly lastOffset: number
  readonly rows: number
  /** Which of the folder's objects that begin with this offset it is, from 0: a rejected record may come again, after later ones. */
  readonly nth: number
  /** Event time of its first row, in ms since the epoch. */
  readonly firstTime: number
  /** The format's, and the compression's where there is one, without a dot: `json`, `json.gz`. */
  readonly extension: string
}

/** What is known of an object when it begins. */
export type FirstFacts = Omit<ObjectFacts, 'lastOffset' | 'rows'>

/** The last segment of an object's key, extension included. A pure function of the facts. */
export type ObjectName = (object: ObjectFacts) => string

export interface DefaultNameOptions {
  /** How many digits offsets have at least: zeros come before them. Default: 10. */
  readonly digits?: number
}

/**
 * `<topic>+<partition>+<first offset, 10 digits>[.<nth>].<extension>`; without a first offset `<pipeline>+<lane>+<commit>[.<ordinal>].<extension>`.
 * Unique in its folder within one instance.
 *
 * @throws SluiceError 'config' for digits that are not 1 to 20
 */
export function defaultName({ digits = 10 }: DefaultNameOptions = {}): ObjectName {
  if (!Number.isInteger(digits) || digits < 1 || digits > 20)
    throw new SluiceError('config', `digits of defaultName is 1 to 20, not ${digits}`)
  return (object) =>
    `${object.firstOffset < 0 ? nameByCommit(object) : nameByOffset(object, digits)}.${object.extension}`
}

const nameByOffset = (
  { topic, partition, firstOffset, nth }: ObjectFacts,
  digits: number,
): string =>
  `${topic}+${partition}+${String(firstOffset).padStart(digits, '0')}${nth === 0 ? '' : `.${nth}`}`

const nameByCommit = ({ pipeline, lane, commitIndex, ordinal }: ObjectFacts): string =>
  `${pipeline}+${lane}+${commitIndex}${ordinal === 0 ? '' : `.${ordinal}`}`

/** The names of compressed objects end in the compression's extension: those that end in the extension they are given, and those that spell out one of their own. */
export const compressedName =
  (name: ObjectName, extension: string): ObjectName =>
  (object) => {
    const given = name({ ...object, extension: `${object.extension}.${extension}` })
    return given.endsWith(`.${extension}`) ? given : `${given}.${extension}`
  }

/** `2025-03-17T08-20-57-865Z`, in UTC: a time that every file system can hold in a name. */
export const timestampOf = (ms: number): string => new Date(ms).toISOString().replace(/[:.]/g, '-')

/** A prefix as it stands in keys: it may be written with slashes around it. */
export const trimmed = (prefix: string): string => prefix.replace(/^\/+|\/+$/g, '')

/** The key of an object. A folder has no slashes around it; prefix and folder may be empty. */
export const objectKey = (prefix: string, folder: string, name: string): string =>
  [trimmed(prefix), folder, name].filter((part) => part !== '').join('/')

/**
 * Whether a name tells instance, lane, commit and ordinal apart, so that no two objects can ever have the same one. Tried out on facts
 * that differ in nothing else. Before a name that is not unique is used, the store has to be asked whether it is taken.
 *
 * @throws whatever the name function throws
 */
export const isUniqueName = (name: ObjectName): boolean =>
  new Set(probes.map((facts) => name(facts))).size === probes.length

/** Whether a name depends on what is known only when its object is finished. */
export const isKnownLate = (name: ObjectName): boolean =>
  name({ ...probe, lastOffset: 1, rows: 2 }) !== name(probe)

/** Whether a name cannot be made without an event time. */
export function needsTime(name: ObjectName): boolean {
  try {
    name({ ...probe, firstTime: -Infinity })
    return false
  } catch {
    return true
  }
}

/** Whether two topics can never give one name. */
export const tellsTopicsApart = (name: ObjectName): boolean =>
  name({ ...probe, topic: 'other', lane: 'other-1' }) !== name(probe)

/** What a lane's next object of a folder differs in, whatever it comes from. */
const next = { commitIndex: 2, ordinal: 2, rows: 2, firstTime: 86_461_001 }

/** Whether a lane's next object of a folder would have the same name, whatever else they differ in. */
export const isFixed = (name: ObjectName): boolean =>
  name({ ...probe, ...next, firstOffset: 1, lastOffset: 2, nth: 1 }) === name(probe)

/** The same of results, which come from no record. */
export function isFixedForResults(name: ObjectName): boolean {
  const result = { ...probe, firstOffset: -1, lastOffset: -1 }
  return name({ ...result, ...next }) === name(result)
}

/** Joined without something between them, 1 and 11 look like 11 and 1. */
const NUMBERS = [1, 2, 11]

/** Facts such as an object might have, to try out what depends on them. */
export const probe: ObjectFacts = {
  prefix: 'prefix',
  folder: 'folder',
  pipeline: 'pipeline',
  instance: 'i1',
  topic: 'topic',
  partition: 1,
  lane: '1',
  commitIndex: 1,
  ordinal: 1,
  firstOffset: 0,
  lastOffset: 0,
  rows: 1,
  nth: 0,
  firstTime: 0,
  extension: 'json',
}

const probes: readonly ObjectFacts[] = NUMBERS.flatMap((instance) =>
  NUMBERS.flatMap((lane) =>
    NUMBERS.flatMap((commitIndex) =>
      NUMBERS.map((ordinal) => ({
        ...probe,
        instance: `i${instance}`,
        partition: lane,
        lane: String(lane),
        commitIndex,
        ordinal,
      })),
    ),
  ),
)
