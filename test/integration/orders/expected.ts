import type { Produced } from './events.ts'

/** An item of an order as it was read, before anything was looked up. */
export interface ExpectedItem {
  readonly lane: number
  /** Event time, and the watermark that its lane had before it. ms. */
  readonly at: number
  readonly watermark: number
  /** JSON of what it is known by. */
  readonly text: string
  readonly category: string
}

export interface ExpectedRejection {
  readonly lane: number
  readonly offset: number
  readonly operator: string
}

/** What has to be where, as far as it does not depend on what was looked up. */
export interface Expected {
  /** By lane and folder, the lines in their order. */
  readonly raw: ReadonlyMap<string, readonly string[]>
  /** By lane, in their order. */
  readonly items: readonly (readonly (ExpectedItem & { readonly offset: number })[])[]
  readonly rejected: readonly ExpectedRejection[]
}

interface Order {
  readonly id: string
  readonly at: number
  readonly country: string | null
  readonly currency: string
  readonly items: readonly {
    readonly sku: string
    readonly category: string
    readonly price: number
    readonly quantity: number
  }[]
}

const OUT_OF_ORDER = 120_000
const FAR_AHEAD = Date.UTC(2100, 0)

/** Reads records as the pipeline of orders is said to. Shares no code with the runtime. */
export function expectedOf(records: readonly Produced[], partitions: number): Expected {
  const raw = new Map<string, string[]>()
  const items: (ExpectedItem & { offset: number })[][] = []
  const rejected: ExpectedRejection[] = []
  for (let lane = 0; lane < partitions; lane++) {
    let newest = -Infinity
    const ofLane: (ExpectedItem & { offset: number })[] = []
    items.push(ofLane)
    const own = records.filter(({ partition }) => partition === lane)
    for (const [offset, { value }] of own.entries()) {
      const reject = (operator: string) => void rejected.push({ lane, offset, operator })
      if (value === null) reject('parse')
      for (const line of value?.toString().split(/\r?\n/) ?? []) {
        if (line === '') continue
        const order = orderOf(line)
        if (typeof order === 'string') {
          reject(order)
          continue
        }
        const place = `${lane} ${folderOf(order)}`
        raw.set(place, [...(raw.get(place) ?? []), line])
        for (const item of expectedItems(order)) {
          if (item.sku === 'sku-unknown') reject('enrich')
          else
            ofLane.push({
              lane,
              offset,
              at: order.at,
              watermark: newest - OUT_OF_ORDER,
              text: JSON.stringify(item),
              category: item.category,
            })
        }
        newest = Math.max(newest, order.at)
      }
    }
  }
  return { raw, items, rejected }
}

/** The order of a line, or which operator refuses it. */
function orderOf(line: string): Order | string {
  let order: Order
  try {
    order = JSON.parse(line) as Order
  } catch {
    return 'parse'
  }
  if (order.id === '') return 'validate'
  return order.at > FAR_AHEAD ? 'eventTime' : order
}

const expectedItems = ({ id, country, currency, items }: Order) =>
  items.map(({ sku, category, price, quantity }, n) => ({
    id: `${id}/${n}`,
    country,
    currency,
    sku,
    category,
    price,
    quantity,
  }))

function folderOf({ country, at }: Order): string {
  const [date = '', time = ''] = new Date(at).toISOString().split('T')
  const [year, month, day] = date.split('-')
  return `country=${country ?? '__HIVE_DEFAULT_PARTITION__'}/year=${year}/month=${month}/day=${day}/hour=${time.slice(0, 2)}`
}
