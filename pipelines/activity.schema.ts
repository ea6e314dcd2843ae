import { z } from 'zod'
import {
  choice,
  csv,
  duration,
  gzip,
  jsonLines,
  minutes,
  once,
  seconds,
  SluiceError,
  tsv,
  zstd,
} from '../lib/index.ts'

/** The first time that counts as milliseconds: in September 2001. What is lower is in seconds. */
const FIRST_TIME = 1e12

/** Something that a customer has done. */
export const activity = z.object({
  CustomerId: z.string().min(1),
  DateUnixMs: z.int().min(FIRST_TIME, 'milliseconds since 1970 are wanted, from 2001 on'),
  Activity: z.string(),
  DurationMs: z.int().min(0),
})

export type Activity = z.infer<typeof activity>

/** What the pipeline can be told. */
export const activityOptions = {
  format: choice(['csv', 'tsv', 'json'], 'what a line is'),
  header: choice(['absent', 'present'], 'the names of the columns, of csv and tsv'),
  interval: duration(minutes(30), 'how much time a folder holds: minutes that a day consists of'),
  filePer: choice(['second', 'minute'], 'how much time of a customer a file holds'),
  outOfOrder: duration(seconds(10), 'how late activities may come for the file of their time'),
  late: choice(['late', 'number', 'reject'], 'where those go that come later still'),
  invalid: choice(['reject', 'drop'], 'invalid records are set aside, or dropped with a count'),
  compression: choice(['none', 'gzip', 'zstd'], 'what makes files smaller'),
}

interface FileValues {
  readonly format: 'csv' | 'tsv' | 'json'
  readonly header: 'absent' | 'present'
}

/** Lines with the fields of an activity in their order. */
export const textFile = ({ format, header }: FileValues) => ({
  ...lines(format, header === 'present'),
  extension: 'txt',
})

function lines(format: FileValues['format'], header: boolean) {
  if (format === 'json' && header)
    throw new SluiceError(
      'config',
      '--header present and --format json contradict each other: every line of JSON names its fields, leave one of them out',
    )
  if (format === 'json') return jsonLines()
  return format === 'csv' ? csv({ columns: activity, header }) : tsv({ columns: activity, header })
}

export const compressions = { none: undefined, gzip: gzip(), zstd: zstd() }

interface NameValues {
  readonly filePer: 'second' | 'minute'
  readonly late: 'late' | 'number' | 'reject'
}

/** `abc123-2014-11-15-13-32-43`, or without the seconds, in UTC. */
export function byCustomerAndTime({ filePer, late }: NameValues) {
  const [span, length] = filePer === 'second' ? [seconds(1), 19] : [minutes(1), 16]
  const nameOf = ({ CustomerId, DateUnixMs }: Activity): string =>
    `${CustomerId}-${new Date(DateUnixMs).toISOString().slice(0, length).replace(/[T:]/g, '-')}`
  return once<Activity>({ of: ({ value }) => nameOf(value), span, taken: late })
}
