import { minutes, once, seconds } from '../../../lib/index.ts'
import type { Once } from '../../../lib/s3/once.ts'
import type { Rotation } from '../../../lib/s3/rotation.ts'
import type { ObjectName } from '../../../lib/s3/object-name.ts'
import type { Event } from './events.ts'

/** When objects are finished, and the most rows that one of them may have. */
export interface Rotating {
  readonly rotate?: Rotation
  readonly most?: number
}

export const rotations: Readonly<Record<string, Rotating>> = {
  'at every commit': {},
  'by records': { rotate: { records: 3 }, most: 3 },
  'by bytes': { rotate: { bytes: 400 }, most: 10 },
  'by age': { rotate: { every: seconds(60) } },
  'by the clock': { rotate: { every: minutes(2), aligned: true } },
  'when idle': { rotate: { idle: seconds(40) } },
  'by event time': { rotate: { span: minutes(20) } },
  'by the watermark': { rotate: { watermark: minutes(30) } },
  'of two open ones': { rotate: { maxOpen: 2 } },
}

/** Names as they are, and names that tell lane and commit. */
export const names: Readonly<Record<string, ObjectName | undefined>> = {
  'offset names': undefined,
  'commit names': ({ lane, instance, commitIndex, ordinal, extension }) =>
    `${instance}-${lane}-${commitIndex}-${ordinal}.${extension}`,
}

/** Names that are written once, of which each belongs to one partition. */
export const onceNames: readonly Once<Event>[] = [
  once({ of: ({ value }) => `p${value.id % 2}`, span: minutes(30) }),
  once({ of: ({ value }) => `p${value.id % 2}`, span: minutes(30), taken: 'number' }),
  once({ of: ({ value }) => `p${value.id % 2}` }),
]
