import { readFileSync } from 'node:fs'
import test from 'ava'
import { seconds } from '../../lib/duration.ts'
import { Events } from '../../lib/generator/events.ts'
import type { SourceRecord } from '../../lib/message.ts'
import type { Log } from '../../lib/ports.ts'
import { runPipeline } from '../../lib/run/run.ts'
import { memoryFiles, memoryLog, memoryStore, virtualClock } from '../../lib/testing.ts'
import { verify } from '../../lib/verify/verify.ts'
import schema from '../../pipelines/sales.generator.ts'
import sales from '../../pipelines/sales.ts'
import { linesOf } from './contents.ts'
import { recordsIn } from './produced.ts'

const HOUR = 3_600_000
const MINUTE = 60_000

const REGIONS: Readonly<Record<string, string>> = {
  Europe: 'country_1 country_2 country_3 country_4',
  Americas: 'country_5 country_6 country_7',
  Asia: 'country_8 country_9',
  Africa: 'country_10',
  Oceania: 'country_11',
}
const regionOf = (country: string): string =>
  Object.keys(REGIONS).find((region) => REGIONS[region]!.split(' ').includes(country)) ??
  'elsewhere'

interface Sale {
  readonly saleId: string
  readonly soldAt: number
  readonly country: string
  readonly amount: number
}

/** Vienna is an hour ahead of UTC, and two from 2025-03-30T01:00Z on. */
const SUMMER = Date.parse('2025-03-30T01:00:00Z')
const dayOf = (time: number): string =>
  new Date(time + (time < SUMMER ? 1 : 2) * HOUR).toISOString().slice(0, 10)

function soldIn({ bytes }: SourceRecord): Sale | undefined {
  try {
    const text = new TextDecoder('utf8', { fatal: true }).decode(bytes ?? undefined)
    const sale = JSON.parse(text) as Sale
    const isSound = typeof sale.saleId === 'string' && sale.soldAt >= Date.UTC(2000, 0)
    return isSound && sale.soldAt < Date.UTC(2026, 0) ? sale : undefined
  } catch {
    return undefined
  }
}

/** Days and regions with the amounts that were taken in, from the log alone. */
async function expectedOf(log: Log): Promise<Map<string, number[]>> {
  const amounts = new Map<string, number[]>()
  for (const { partition } of (await log.ranges('sales')) ?? []) {
    let highest = -Infinity
    for (const record of await recordsIn(log, 'sales')) {
      const sale = record.partition === partition ? soldIn(record) : undefined
      if (!sale) continue
      const watermark = highest - MINUTE
      highest = Math.max(highest, sale.soldAt)
      const day = dayOf(sale.soldAt)
      // late: the day had ended for this partition
      if (watermark > -Infinity && dayOf(watermark) > day) continue
      const place = `${day} ${regionOf(sale.country)}`
      amounts.set(place, [...(amounts.get(place) ?? []), sale.amount])
    }
  }
  return amounts
}

const sumOf = (amounts: readonly number[]): number => amounts.reduce((sum, n) => sum + n, 0)

/** As rows of whole cents, since sums in another order differ in the last bit. */
function rowsOf(amounts: ReadonlyMap<string, number[]>): { average: string[]; revenue: string[] } {
  const days = Map.groupBy(amounts, ([place]) => place.slice(0, 10))
  return {
    average: [...days].map(([day, places]) => {
      const all = places.flatMap(([, some]) => some)
      return `${day} ${all.length} ${(sumOf(all) / all.length).toFixed(6)}`
    }),
    revenue: [...amounts].map(([place, some]) => `${place} ${sumOf(some).toFixed(6)}`),
  }
}

interface Average {
  readonly day: string
  readonly sales: number
  readonly average: number
}
interface Revenue {
  readonly day: string
  readonly region: string
  readonly revenue: number
}
const averageText = ({ day, sales: n, average }: Average): string =>
  `${day} ${n} ${average.toFixed(6)}`
const revenueText = ({ day, region, revenue }: Revenue): string =>
  `${day} ${region} ${revenue.toFixed(6)}`
const read = <T>(lines: readonly string[]): T[] => lines.map((line) => JSON.parse(line) as T)

for (const from of ['2025-03-17T00:00:00Z', '2025-03-29T16:00:00Z'])
  test(`sales from ${from} on are averaged by day and added up by region, in objects and in topics`, async (t) => {
    const clock = virtualClock(Date.parse('2025-06-01T00:00:00Z'))
    const log = memoryLog({ clock })
    const store = memoryStore()
    await log.create('sales', 3)
    for (const topic of ['sales-average', 'sales-revenue']) await log.create(topic, 2)
    const plan = { events: 5_000, seed: 11, duplicates: 0.05, late: 0.02, malformed: 0.02 }
    const producer = await log.producer('sales')
    await producer.append(new Events({ ...plan, schema: { ...schema, from } }).take(plan.events))

    const { signal } = new AbortController()
    const { files } = memoryFiles({
      'sales.regions.csv': readFileSync('pipelines/sales.regions.csv', 'utf8'),
    })
    const settings = { files, log, store, clock, signal, untilEnd: true, commitEvery: seconds(0) }
    await clock.run(runPipeline({ ...settings, pipeline: sales, memory: 64 * 1024 ** 2 }))

    const expected = rowsOf(await expectedOf(log))
    t.true(expected.average.length >= 2)
    const topicLines = async (topic: string): Promise<string[]> =>
      (await recordsIn(log, topic)).map(({ bytes }) => String(bytes))
    for (const lines of [linesOf(store, 'sales/average'), await topicLines('sales-average')])
      t.deepEqual(read<Average>(lines).map(averageText).toSorted(), expected.average.toSorted())
    for (const lines of [linesOf(store, 'sales/revenue'), await topicLines('sales-revenue')])
      t.deepEqual(read<Revenue>(lines).map(revenueText).toSorted(), expected.revenue.toSorted())
    for (const { key, bytes } of await recordsIn(log, 'sales-revenue'))
      t.is(String(key), (JSON.parse(String(bytes)) as Revenue).region)

    const report = await verify({ pipeline: 'sales', store, log, clock })
    t.deepEqual(report.findings, [])
    t.is(
      report.topics?.reduce((sum, { found }) => sum + found, 0),
      Object.values(expected).flat().length,
    )
  })
