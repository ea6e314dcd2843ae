import { definePipeline, once, seconds } from '../../lib/index.ts'
import { map, parse } from '../../operators/index.ts'

interface Order {
  readonly id: string
  readonly total: number
}

export const orders = definePipeline('orders', ({ kafka, s3 }) => {
  const flow = kafka({ topic: 'orders', keyedBy: (order: Order) => order.id }).through(
    parse<Order>(),
  )

  // the event is known from where the sink is used
  flow.to(s3({ prefix: 'a', name: once({ of: ({ value }) => value.id, span: seconds(1) }) }))
  flow.to(s3({ prefix: 'b', name: once({ of: 'order_data', taken: 'number' }) }))

  // @ts-expect-error a field that orders do not have
  flow.to(s3({ prefix: 'c', name: once({ of: ({ value }) => value.name }) }))

  // @ts-expect-error a name is a text
  flow.to(s3({ prefix: 'd', name: once({ of: ({ value }) => value.total }) }))

  // @ts-expect-error a way out that there is not
  flow.to(s3({ prefix: 'e', name: once({ of: 'order_data', taken: 'overwrite' }) }))

  const byId = once<Order>({ of: ({ value }) => value.id })
  flow.to(s3({ prefix: 'f', name: byId }))
  // @ts-expect-error names of orders, for events that are none
  flow.through(map(({ total }) => total)).to(s3({ prefix: 'g', name: byId }))
})
