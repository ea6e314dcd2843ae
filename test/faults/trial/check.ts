import { exactly, nearest } from '../../support/checker/exact-sum.ts'
import { linesOf } from '../../support/checker/json-rows.ts'
import { withoutRepeats } from '../../support/checker/repeats.ts'
import { Complaints } from '../../support/checker/world.ts'
import { complaintsOfChains } from './chains.ts'
import type { Reading } from './input.ts'
import type { Remains, StoredObject, TopicRecord } from './remains.ts'

const HALF_HOUR = 1_800_000
const PICTURE = 1.1 * 1024 ** 2

type Row = Readonly<Record<string, unknown>>

/** Which offsets of each partition have been seen, and how often. */
class Bitmap {
  readonly #seen = new Map<string, number>()
  readonly #name: string
  readonly #complaints: Complaints

  constructor(name: string, complaints: Complaints) {
    this.#name = name
    this.#complaints = complaints
  }

  add(place: string): void {
    this.#seen.set(place, (this.#seen.get(place) ?? 0) + 1)
  }

  /** Each of these exactly once, and nothing else. */
  expect(places: Iterable<string>): void {
    for (const place of places) {
      const times = this.#seen.get(place) ?? 0
      if (times !== 1) this.#complaints.add(`${this.#name} ${place}: ${times} times`)
      this.#seen.delete(place)
    }
    for (const place of this.#seen.keys()) this.#complaints.add(`${this.#name} ${place}: foreign`)
  }
}

const placeOf = ({ partition, offset }: { partition: unknown; offset: unknown }): string =>
  `${String(partition)}@${String(offset)}`

/** Undefined for a record that is cut off. */
function readingOf({ value }: TopicRecord): Reading | undefined {
  try {
    return JSON.parse(String(value)) as Reading
  } catch {
    return undefined
  }
}

/**
 * Recompute from the topic what a trial that has read all of it must have left, and compare: each offset once in the archive or among the rejects, each
 * picture, each message and each total once, to the last digit; and chains that say so. Shares no code with the runtime.
 *
 * @returns what is wrong; empty when nothing is
 */
export function complaintsOf(name: string, { input, copies, objects }: Remains): string[] {
  const complaints = new Complaints()
  const all = input.map((record) => ({
    place: placeOf(record),
    record,
    reading: readingOf(record),
  }))
  const valid = all.flatMap(({ place, reading }) => (reading ? [{ place, reading }] : []))
  const byPlace = new Map(valid.map(({ place, reading }) => [place, reading]))
  const firsts = [...new Map(valid.toReversed().map((each) => [each.reading.id, each])).values()]
  const under = (sink: string): StoredObject[] =>
    objects.filter(({ key }) => key.startsWith(`${name}/${sink}/`))
  const rowsOf = (sink: string): Row[] =>
    under(sink).flatMap(({ bytes }) => linesOf(bytes) as Row[])
  const bitmap = (what: string): Bitmap => new Bitmap(what, complaints)

  const raw = bitmap('raw')
  for (const { partition, offset, value } of rowsOf('raw')) {
    const place = placeOf({ partition, offset })
    raw.add(place)
    if (JSON.stringify(value) !== JSON.stringify(byPlace.get(place)))
      complaints.add(`raw ${place}: ${JSON.stringify(value)}`)
  }
  raw.expect(byPlace.keys())

  const rejected = bitmap('rejected')
  for (const row of rowsOf('rejected'))
    rejected.add(placeOf(row as { partition: unknown; offset: unknown }))
  rejected.expect(all.filter(({ reading }) => !reading).map(({ place }) => place))

  const pictures = bitmap('pictures')
  for (const { partition, offset, value } of rowsOf('pictures')) {
    const place = placeOf({ partition, offset })
    const { id, picture } = value as { id: string; picture: string }
    pictures.add(place)
    const isWhole = picture.length > PICTURE - 20 && picture.replaceAll(`${id} `, '') === ''
    if (!isWhole || byPlace.get(place)?.id !== id) complaints.add(`pictures ${place}: altered`)
  }
  pictures.expect(valid.filter(({ reading }) => reading.pictured).map(({ place }) => place))

  const messages = bitmap('copies')
  for (const { value } of withoutRepeats(copies))
    messages.add((JSON.parse(String(value)) as Reading).id)
  messages.expect(firsts.map(({ reading }) => reading.id))

  const totals = bitmap('totals')
  for (const row of rowsOf('totals')) totals.add(JSON.stringify(row))
  totals.expect(totalsOf(firsts.map(({ reading }) => reading)))

  const visible = objects.filter(({ key }) => key.startsWith(`${name}/`))
  const hidden = objects.filter(({ key }) => key.startsWith(`_sluice/${name}/`))
  return [...complaints.all, ...complaintsOfChains(visible, hidden)]
}

/** The rows of totals, exact to the last digit. */
function totalsOf(readings: readonly Reading[]): string[] {
  const groups = Map.groupBy(readings, ({ sensor, at }) =>
    JSON.stringify([sensor, Math.floor(at / HALF_HOUR) * HALF_HOUR]),
  )
  return Array.from(groups, ([key, group]) => {
    const [sensor, start] = JSON.parse(key) as [string, number]
    const value = nearest(group.reduce((sum, reading) => sum + exactly(reading.value), 0n))
    const window = { start, end: start + HALF_HOUR }
    return JSON.stringify({ sensor, window, readings: group.length, value })
  })
}
