import { byField, hourly, nested, type Partitioner } from '../../lib/s3/partitioner.ts'

interface View {
  readonly country: string | null
  readonly device: string
  readonly tags: readonly string[]
}

export const byCountry: Partitioner<View> = byField('country')
export const byHour: Partitioner<View> = hourly()
export const byBoth: Partitioner<View> = nested(byField('country'), byField('device'), hourly())

// @ts-expect-error a field that does not exist
export const byCity: Partitioner<View> = byField('city')

// @ts-expect-error a field that does not exist, beside one that does
export const byCountryAndCity: Partitioner<View> = nested(byField('country'), byField('city'))

// @ts-expect-error a value that is no text
export const byTags: Partitioner<View> = byField('tags')

// @ts-expect-error at least one partitioner
nested()
