import type { SourceRecord } from '../../../lib/message.ts'
import type { BucketObject } from '../../support/checker/world.ts'
import { withoutRepeats } from '../../support/checker/repeats.ts'
import { PARTITIONS, type Produced } from './events.ts'
import { expectedOf, type ExpectedRejection } from './expected.ts'
import { type Found, type Item, totalsOf } from './totals.ts'

/** What is there in the end. */
export interface Remains {
  readonly input: readonly Produced[]
  /** All objects, unpacked. */
  readonly objects: readonly BucketObject[]
  /** All records of a topic, each partition in the order of its offsets. */
  readonly topic: (name: string) => readonly SourceRecord[]
  /** What a version of the table makes of a currency; undefined where it has no such row. */
  readonly rate: (currency: string, version: number) => number | undefined
}

/** An object with its lines. */
interface Lines {
  readonly key: string
  readonly folder: string
  readonly lane: number
  readonly offset: number
  readonly lines: readonly string[]
}

/** Compares all that the pipelines have left with what the input says has to be there. Empty when all is well. */
export function complaintsOf({ input, objects, topic, rate }: Remains): string[] {
  const complaints: string[] = []
  const expected = expectedOf(input, PARTITIONS)
  const equal = (what: string, is: readonly string[], due: readonly string[]): void => {
    const at = due.findIndex((text, n) => text !== is[n])
    if (is.length === due.length && at < 0) return
    const n = at < 0 ? due.length : at
    complaints.push(`${what}: ${is.length} for ${due.length}, ${n} is ${is[n]} for ${due[n]}`)
  }
  const under = (prefix: string): Lines[] =>
    objects.filter(({ key }) => key.startsWith(`${prefix}/`)).map((o) => linesOf(o, prefix))
  const linesIn = (prefix: string): string[] => under(prefix).flatMap(({ lines }) => lines)
  const messagesIn = (name: string) => withoutRepeats(topic(name))
  const textsIn = (name: string) => messagesIn(name).map(({ bytes }) => String(bytes))

  const raw = byPlace(under('orders/raw'))
  for (const place of new Set([...raw.keys(), ...expected.raw.keys()])) {
    const own = raw.get(place) ?? []
    equal(`raw ${place}`, textsOf(own), expected.raw.get(place) ?? [])
    for (const { key, lines } of own.filter(({ lines }) => lines.length > 100))
      complaints.push(`${key} has ${lines.length} rows`)
    for (const { key, lines } of own.slice(0, -1).filter(({ lines }) => lines.length < 92))
      complaints.push(`${key} has ${lines.length} rows and another follows`)
  }

  const rows = byPlace(under('orders/items'))
  const lanes = expected.items.map((due, lane): Found[] => {
    const left = new Map<string, string[]>()
    return due.map((one) => {
      const place = `${lane} category=${folderNames[one.category] ?? one.category}`
      if (!left.has(place)) left.set(place, textsOf(rows.get(place) ?? []))
      return { ...one, item: JSON.parse(left.get(place)!.shift() ?? '{}') as Item }
    })
  })
  const written = linesIn('orders/items')
  if (written.length !== lanes.flat().length)
    complaints.push(`${written.length} items for ${lanes.flat().length}`)
  for (const lane of lanes) complaints.push(...wrongItems(lane, rate))

  const sequences = Map.groupBy(
    messagesIn('order-items'),
    ({ headers, key }) => `${String(headers?.['sluice-lane'])} ${String(key)}`,
  )
  const due = Map.groupBy(
    lanes.flat(),
    ({ lane, item }) => `orders-${lane} ${(item as Item & { sku: string }).sku}`,
  )
  for (const place of new Set([...sequences.keys(), ...due.keys()]))
    equal(
      `messages of ${place}`,
      (sequences.get(place) ?? []).map(({ bytes }) => String(bytes)),
      (due.get(place) ?? []).map(({ item }) => JSON.stringify(item)),
    )
  equal('copies', linesIn('copies').toSorted(), written.toSorted())

  const { totals, days, rejected } = totalsOf(lanes)
  equal('totals', linesIn('orders/totals').map(inOrder).toSorted(), totals)
  equal('totals produced', textsIn('order-totals').map(inOrder).toSorted(), totals)
  equal('days', arraysIn(objects, 'orders/days').map(inOrder).toSorted(), days)
  equal('days produced', textsIn('order-days').map(inOrder).toSorted(), days)

  const rejects = linesIn('orders/rejected')
  equal('rejected', rejects.map(placeOf).toSorted(), placesOf([...expected.rejected, ...rejected]))
  equal('rejected produced', textsIn('order-letters').toSorted(), rejects.toSorted())
  return complaints
}

const folderNames: Readonly<Record<string, string>> = { 'a/b=c': 'a%2Fb%3Dc' }

function linesOf({ key, bytes }: BucketObject, prefix: string): Lines {
  const parts = key.slice(prefix.length + 1).split('/')
  const [, lane, offset] = /\+(\d+)\+(\d+)/.exec(parts.at(-1)!) ?? []
  const lines = bytes.toString().split('\n')
  if (lines.pop() !== '') lines.push('(the last line is cut off)')
  return {
    key,
    folder: parts.slice(0, -1).join('/'),
    lane: Number(lane),
    offset: Number(offset),
    lines,
  }
}

/** By lane and folder, in the order of the log. */
const byPlace = (all: readonly Lines[]): Map<string, Lines[]> =>
  Map.groupBy(
    all.toSorted((a, b) => a.offset - b.offset),
    ({ lane, folder }) => `${lane} ${folder}`,
  )

const textsOf = (all: readonly Lines[]): string[] => all.flatMap(({ lines }) => lines)

const arraysIn = (objects: readonly BucketObject[], prefix: string): string[] =>
  objects
    .filter(({ key }) => key.startsWith(`${prefix}/`))
    .flatMap(({ bytes }) => JSON.parse(bytes.toString()) as unknown[])
    .map((row) => JSON.stringify(row))

/** A row with its columns in the order in which they are written here. */
function inOrder(text: string): string {
  const { window, items, cents, ticket, dearest, ...key } = JSON.parse(text) as Record<
    string,
    unknown
  >
  return JSON.stringify({ ...key, window, items, cents, ticket, dearest })
}

function wrongItems(lane: readonly Found[], rate: Remains['rate']): string[] {
  const complaints: string[] = []
  let newest = 0
  for (const { text, item } of lane) {
    const { version, cents, ticket, ...asRead } = item as Item & Record<string, unknown>
    const complain = (what: string) =>
      complaints.push(`item ${JSON.stringify(item)} of ${text}: ${what}`)
    if (JSON.stringify(asRead) !== text) complain('is another')
    if (!Number.isInteger(ticket)) complain('has no ticket')
    const { currency, price, quantity } = asRead as Record<string, unknown>
    const known = rate(String(currency), Number(version))
    if (known === undefined ? version !== 0 || cents !== 0 : false) complain('knows no rate')
    if (known === undefined) continue
    if (cents !== Number(price) * Number(quantity) * known) complain('is wrong')
    if (Number(version) < newest) complain(`goes back from version ${newest}`)
    newest = Number(version)
  }
  return complaints.slice(0, 5)
}

function placeOf(row: string): string {
  const { partition, offset, operator } = JSON.parse(row) as Record<string, unknown>
  return `${String(partition)} ${String(offset)} ${String(operator)}`
}

const placesOf = (all: readonly ExpectedRejection[]): string[] =>
  all.map(({ lane, offset, operator }) => `${lane} ${offset} ${operator}`).toSorted()
