import { z } from 'zod'

/** A sale. That it is not too far in the future is seen to by `eventTime`. */
export const sale = z.looseObject({
  saleId: z.string().min(1),
  /** In ms since the epoch. */
  soldAt: z.int().min(Date.UTC(2000, 0)),
  country: z.string(),
  product: z.string(),
  amount: z.number().nonnegative(),
})

/** A row of `sales.regions.csv`. */
export const countryRow = z.object({ country: z.string(), region: z.string() })

/** The zone whose days sales are of. */
export const ZONE = 'Europe/Vienna'

const dateOf = new Intl.DateTimeFormat('en-CA', { timeZone: ZONE, dateStyle: 'short' })

/** The date of a day in that zone: `2025-03-17`. */
const dayOf = ({ window }: Total): string => dateOf.format(window.start)

interface Total {
  readonly value: string
  readonly window: { readonly start: number }
  readonly sales: number
  readonly average: number | null
  readonly revenue: number
}

/** Average sales of a day, as they are stored and produced. */
export const averageOfDay = (total: Total) => ({
  day: dayOf(total),
  sales: total.sales,
  average: total.average,
})

/** What a region has taken in on a day. */
export const revenueOfRegion = (total: Total) => ({
  day: dayOf(total),
  region: total.value,
  revenue: total.revenue,
})
