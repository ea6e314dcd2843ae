import { z } from 'zod'

/** An order as it stands. Fields that are not named here are kept as they are: `validate` passes on the event itself. */
export const order = z.looseObject({
  orderId: z.string().min(1),
  customerId: z.string(),
  /** Milliseconds since the epoch. */
  at: z.int(),
  total: z.number(),
})

export type Order = z.infer<typeof order>
