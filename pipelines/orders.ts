import { byField, definePipeline, hourly, jsonLines, once } from '../lib/index.ts'
import { parse, validate } from '../operators/index.ts'
import { type Order, order } from './orders.schema.ts'

/** An object for each order, `orders/12345/order_data.json`, and another for each later record of it: `order_data.2.json`, `order_data.3.json`. */
export default definePipeline('orders', ({ kafka, s3, rejected }) => {
  kafka({ topic: 'orders', keyedBy: (order: Order) => order.orderId })
    .through(parse())
    .through(validate(order))
    .to(
      s3({
        prefix: 'orders',
        partitionBy: byField('orderId', { bare: true }),
        format: { ...jsonLines(), extension: 'json' },
        name: once({ of: 'order_data' }),
      }),
    )

  rejected.to(s3({ prefix: 'rejected/orders', partitionBy: hourly({ by: 'record' }) }))
})
