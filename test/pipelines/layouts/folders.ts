import {
  byField,
  byFields,
  byInterval,
  byKafkaPartition,
  byTime,
  byTopic,
  daily,
  hourly,
  minutes,
  nested,
  segment,
} from '../../../lib/index.ts'
import type { Partitioner } from '../../../lib/s3/partitioner/partitioner.ts'
import type { Event } from './events.ts'

/** A partitioner, and the folder that it has to choose, told without it. */
export interface Layout {
  readonly by: () => Partitioner<Event> | undefined
  readonly folder: (event: Event) => string
}

const utc = (ms: number): string[] => new Date(ms).toISOString().split(/[-T:.Z]/)

const hourOf = ({ at }: Event): string => {
  const [year, month, day, hour] = utc(at)
  return `year=${year}/month=${month}/day=${day}/hour=${hour}`
}

const country = ({ country }: Event): string => {
  if (country === undefined) return 'country=__missing__'
  if (country === null) return 'country=__HIVE_DEFAULT_PARTITION__'
  return `country=${NAMES[country] ?? country}`
}

const NAMES: Readonly<Record<string, string>> = { '': '%', 'a/b=c': 'a%2Fb%3Dc', '..': '%2E%2E' }

export const layouts: Readonly<Record<string, Layout>> = {
  'no folders': { by: () => undefined, folder: () => '' },
  'topic and partition': {
    by: () => nested(byTopic(), byKafkaPartition()),
    folder: ({ id }) => `layouts/partition=${id % 2}`,
  },
  field: { by: () => byField('country'), folder: country },
  fields: {
    by: () => byFields('country', 'id'),
    folder: (event) => `${country(event)}/id=${event.id}`,
  },
  hour: { by: () => hourly({ by: { field: 'at', unit: 'ms' } }), folder: hourOf },
  'field and hour': {
    by: () => nested(byField('country'), hourly()),
    folder: (event) => `${country(event)}/${hourOf(event)}`,
  },
  'half an hour, reversed': {
    by: () => byInterval(minutes(30)),
    folder({ at }) {
      const [year, month, day, hour, minute] = utc(at)
      return [Number(minute) < 30 ? '00' : '30', hour, day, month, year].join('-')
    },
  },
  'a day of a zone half an hour off, by the record': {
    by: () => daily({ by: 'record', zone: 'Asia/Kolkata' }),
    folder: () => 'year=2024/month=01/day=01',
  },
  'names of months and days': {
    by: () => byTime("yyyy/MMMM/EEEE 'at' HH", { locale: 'de' }),
    folder: ({ at }) => `2024/Januar/Montag at ${utc(at)[3]}`,
  },
  'a function': {
    by:
      () =>
      ({ value }) =>
        segment(value.note.slice(0, 4)),
    folder: ({ note }) =>
      ({
        two: 'two%0A',
        'two\n': 'two%0A',
        '=1+1': '%3D1%2B1',
        '': '%',
        'a, "': 'a, %22',
        'ä 𝄞': 'ä 𝄞',
        'ä 𝄞 ': 'ä 𝄞 ',
      })[note.slice(0, 4)] ?? note.slice(0, 4),
  },
}
