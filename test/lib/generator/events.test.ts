import { isUtf8 } from 'node:buffer'
import test from 'ava'
import { hours, minutes } from '../../../lib/duration.ts'
import { Events, type Plan } from '../../../lib/generator/events.ts'
import type { EventSchema } from '../../../lib/generator/schema.ts'
import type { NewRecord } from '../../../lib/ports.ts'

const schema: EventSchema = {
  from: '2025-03-17T00:00:00Z',
  columns: [
    { name: 'id', type: 'uuid' },
    { name: 'at', type: 'timestamp' },
    { name: 'country', type: 'string', cardinality: 5 },
  ],
}
const FROM = Date.parse(schema.from)

const planOf = (plan: Partial<Plan>): Plan => ({
  schema,
  events: 10_000,
  seed: 1,
  duplicates: 0,
  late: 0,
  malformed: 0,
  ...plan,
})

function all(events: Events, batch = 700): NewRecord[] {
  const records: NewRecord[] = []
  for (let some = events.take(batch); some.length > 0; some = events.take(batch))
    records.push(...some)
  return records
}

interface Event {
  readonly id: string
  readonly at: number
}

/** The records that are events, read back. */
const soundOf = (records: readonly NewRecord[]): Event[] =>
  records.flatMap(({ value }) => {
    try {
      const bytes = Buffer.from(value as string)
      const event = JSON.parse(bytes.toString()) as Event
      return isUtf8(bytes) && event.id && event.at > FROM - hours(24) && event.at < FROM + hours(48)
        ? event
        : []
    } catch {
      return []
    }
  })

test('the same plan gives the same records, however they are taken', (t) => {
  const plan = planOf({ duplicates: 0.1, late: 0.1, malformed: 0.1 })
  t.deepEqual(all(new Events(plan), 700), all(new Events(plan), 10_000))
})

test('another seed gives other identities', (t) => {
  const ids = (seed: number) => all(new Events(planOf({ seed }))).map(({ key }) => key)
  t.is(new Set([...ids(1), ...ids(2)]).size, 20_000)
})

test('there are as many records as planned, of all kinds together', (t) => {
  const events = new Events(planOf({ duplicates: 0.1, late: 0.2, malformed: 0.3 }))
  t.is(all(events).length, 10_000)
  const { ordinary, duplicates, late, malformed } = events.planned
  const spoiled = Object.values(malformed).reduce((sum, n) => sum + n, 0)
  t.is(ordinary + duplicates + late + spoiled, 10_000)
  t.true(Math.abs(duplicates - 1_000) < 100, `${duplicates} duplicates`)
  t.true(Math.abs(late - 2_000) < 150, `${late} late ones`)
  t.true(Math.abs(spoiled - 3_000) < 150, `${spoiled} malformed ones`)
})

test('the key of every record is its identity', (t) => {
  const records = all(new Events(planOf({ duplicates: 0.1, late: 0.1 })))
  t.true(records.every(({ key, value }) => (JSON.parse(value as string) as Event).id === key))
})

test('a duplicate is an earlier record, byte by byte, at most half an hour of event time ago', (t) => {
  for (const events of [20, 500, 50_000]) {
    const generator = new Events(planOf({ events, duplicates: 0.2 }))
    const records = all(generator)
    const gap = Math.max(72, hours(24) / events)
    const seen = new Map<unknown, { record: NewRecord; number: number }>()
    let repeated = 0
    for (const [number, record] of records.entries()) {
      const earlier = seen.get(record.key)
      if (!earlier) {
        seen.set(record.key, { record, number })
        continue
      }
      repeated++
      t.deepEqual(record, earlier.record)
      // in records: as many as fall into half an hour, or the one before, and duplicates between them
      t.true((number - earlier.number) * gap <= minutes(60) + 10 * gap)
    }
    t.is(repeated, generator.planned.duplicates)
  }
})

test('events in time are behind the newest one by less than a minute', (t) => {
  for (const events of [500, 1_000_000]) {
    let newest = -Infinity
    const records = new Events(planOf({ events, duplicates: 0 })).take(20_000)
    for (const { at } of soundOf(records)) {
      t.true(at > newest - minutes(1))
      newest = Math.max(newest, at)
    }
  }
})

test('a late event is behind by hours', (t) => {
  const events = new Events(planOf({ late: 0.05 }))
  const late = { seen: 0, newest: -Infinity }
  for (const { at } of soundOf(all(events))) {
    if (at < late.newest - minutes(1)) {
      late.seen++
      t.true(at < late.newest - hours(1.9) && at > late.newest - hours(4.1))
    }
    late.newest = Math.max(late.newest, at)
  }
  t.is(late.seen, events.planned.late)
})

test('few events cover a day, and many have at most 50,000 to the hour', (t) => {
  const spanOf = (events: number): number => {
    const generator = new Events(planOf({ events }))
    const first = soundOf(generator.take(1))[0]!.at
    return soundOf(all(generator, 100_000)).at(-1)!.at - first
  }
  t.true(Math.abs(spanOf(1_000) - hours(24)) < minutes(5))
  const generator = new Events(planOf({ events: 10_000_000 }))
  const [first, last] = soundOf(generator.take(50_000)).flatMap((event, i) =>
    i === 0 || i === 49_999 ? event.at : [],
  )
  t.true(Math.abs(last! - first! - hours(1)) < minutes(2))
})

test('malformed records come in all kinds', (t) => {
  const events = new Events(planOf({ malformed: 0.1 }))
  all(events)
  const kinds = events.planned.malformed
  t.is(Object.keys(kinds).length, 7)
  for (const [kind, n] of Object.entries(kinds)) t.true(n > 80, `${n} of ${kind}`)
})

test('what is only malformed has no sound event in it', (t) => {
  const events = new Events(planOf({ malformed: 1 }))
  t.deepEqual(soundOf(all(events)), [])
})
