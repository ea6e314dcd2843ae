import { z } from 'zod'
import {
  byTime,
  choice,
  duration,
  integer,
  jsonLines,
  minutes,
  seconds,
  text,
} from '../lib/index.ts'

const optionalText = z.string().nullish()

/** A user who has logged in. Fields that are not named here are kept as they are: `validate` passes on the event itself. */
export const user = z.looseObject({
  id: z
    .int()
    .min(0)
    .max(2 ** 32 - 1),
  first_name: optionalText,
  last_name: optionalText,
  email: optionalText,
  /** ISO 8601. */
  login_timestamp: optionalText,
  ip_address: optionalText,
  country: optionalText,
  company: optionalText,
})

export type User = z.infer<typeof user>

/** What all `users-*` pipelines can be told. */
export const userOptions = {
  input: choice(
    ['json', 'connect-json'],
    "plain JSON, or with the schema in every record, as Connect's JsonConverter writes it",
  ),
}

export const flushSize = (initial: number) => integer(initial, 'most records of an object')

/** An object is finished by that many records, or 10 s without one, so that what was just produced can be seen. */
export const rotation = (records: number) => ({ records, idle: seconds(10) })

/** Lines, in objects that are called as Connect's are. */
export const jsonFile = () => ({ ...jsonLines(), extension: 'json' })

/** How folders are called after a time. */
export const timeOptions = {
  pathFormat: text(
    'year=YYYY/month=MM/day=dd/hour=HH',
    'folders of a time, in the letters of Kafka Connect',
  ),
  timestamp: choice(
    ['field', 'record', 'wallclock'],
    'which time: a field, when the record was produced, or when it is written',
  ),
  timestampField: text('login_timestamp', 'the field with the time'),
  timestampUnit: choice(['iso', 's', 'ms', 'us', 'ns'], 'what it counts since 1970, or a text'),
  folderDuration: duration(minutes(1), 'times are rounded down to it'),
  zone: text('UTC', 'time zone of the folders'),
  locale: text('en-US', 'language of names of months and days'),
}

interface TimeValues {
  readonly pathFormat: string
  readonly timestamp: 'field' | 'record' | 'wallclock'
  readonly timestampField: string
  readonly timestampUnit: 'iso' | 's' | 'ms' | 'us' | 'ns'
  readonly folderDuration: number
  readonly zone: string
  readonly locale: string
}

/** Folders by a time, as the options say. */
export function byLogin(options: TimeValues) {
  const { pathFormat, timestamp, timestampField, timestampUnit, ...more } = options
  const field = { field: timestampField, unit: timestampUnit }
  const by = timestamp === 'field' ? field : timestamp === 'record' ? 'record' : 'tick'
  return byTime<User>(pathFormat, {
    by,
    zone: more.zone,
    locale: more.locale,
    duration: more.folderDuration,
  })
}
