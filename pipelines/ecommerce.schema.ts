import { z } from 'zod'
import { each, type Keying } from '../operators/index.ts'

const YEAR_2000 = Date.UTC(2000, 0)

const optionalText = z.string().nullish()

/** An event of the shop. Fields that are not named here are kept as they are: `validate` passes on the event itself. That it is not too far in the future is seen to by `eventTime`. */
export const ecommerceEvent = z.object({
  eventGuid: z.string().min(1),
  /** In ms since the epoch. */
  timestamp: z.int().min(YEAR_2000),
  country: optionalText,
  device_type: optionalText,
  action: optionalText,
  page: optionalText,
  category: optionalText,
  user_id: optionalText,
  value: z.number(),
  /** In seconds. */
  session_duration: z.number(),
})

export type EcommerceEvent = z.infer<typeof ecommerceEvent>

/** The fields that events are counted by. */
export const dimensions = ['country', 'device_type', 'action', 'page', 'category'] as const

/** All dimensions as one, whose value is theirs joined by commas; a missing one is empty. */
export const joined: Keying<EcommerceEvent, { dimension: string; value: string }> = {
  kind: 'each',
  names: [dimensions.join(',')],
  partsOf: (event) => [dimensions.map((name) => event[name] ?? '').join(',')],
}

/** Which region a country is in. */
export const regions = {
  file: new URL('./ecommerce.regions.csv', import.meta.url),
  key: 'country',
  schema: z.object({ country: z.string(), region: z.string() }),
}

type Located = EcommerceEvent & { region: string | undefined }

/** An event with the region of its country; none where the table does not have it. */
export const inRegion = (event: EcommerceEvent, row: { region: string } | undefined): Located => ({
  ...event,
  region: row?.region,
})

/** Each dimension, and the region. */
export const regional: Keying<Located, { dimension: string; value: string }> = each(
  ...dimensions,
  'region',
)

interface Counted {
  readonly dimension: string
  readonly value: string
  readonly window: { readonly start: number }
}

/** An aggregate as it is stored, under a key such as `2025-03-17T08::country:country_20`. */
export function aggregateRow<A extends Counted>({ window, dimension, value, ...totals }: A) {
  const start = new Date(window.start).toISOString()
  const hour = start.slice(0, 'YYYY-MM-DDTHH'.length)
  return { key: `${hour}::${dimension}:${value}`, window: start, dimension, value, ...totals }
}
