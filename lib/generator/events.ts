import { type Duration, days, hours, milliseconds, minutes, seconds } from '../duration.ts'
import type { NewRecord } from '../ports.ts'
import { type EventText, eventText } from './event-text.ts'
import { malformed, malformedKinds } from './malformed.ts'
import { type Random, seededRandom } from './random.ts'
import type { EventSchema } from './schema.ts'
import { uuid } from './uuid.ts'

/** What is to be generated. */
export interface Plan {
  readonly schema: EventSchema
  /** How many records, of all kinds together. */
  readonly events: number
  /** The same seed and plan give the same records, byte by byte. */
  readonly seed: number
  /** Parts of the records, from 0 to 1, that repeat an earlier one, that are late, that are malformed. */
  readonly duplicates: number
  readonly late: number
  readonly malformed: number
}

/** What was generated, by kind: their sum is the number of records. */
export interface Planned {
  /** Sound, in time, and the first of their identity. */
  readonly ordinary: number
  readonly duplicates: number
  readonly late: number
  readonly malformed: Readonly<Record<string, number>>
}

/** Event time covers a day; more where a day would have more than 50,000 events an hour, so that spans of event time stay small however many there are. */
const SPAN: Duration = days(1)
const LEAST_GAP: Duration = milliseconds(72)

/** An event is behind the newest one before it by less than this, unless it is late. */
const DISORDER: Duration = seconds(30)

/** A late event is behind by this to twice as much. */
const BEHIND: Duration = hours(2)

/** A duplicate repeats one of the last so many, of the last half hour. */
const RECENT = 1_024
const REPEATED_WITHIN: Duration = minutes(30)

/** Before so many records there is nothing to be late for. */
const WARM_UP = 100

/** Generated records, in order. Holds the last thousand for duplicates. */
export class Events {
  readonly #plan: Plan
  readonly #random: Random
  readonly #text: EventText
  readonly #from: number
  readonly #gap: number
  readonly #idColumn: string
  readonly #timeColumn: string
  readonly #recent: NewRecord[] = []
  #made = 0
  #ordinary = 0
  #duplicates = 0
  #late = 0
  readonly #malformed = malformedKinds.map(() => 0)

  constructor(plan: Plan) {
    const { schema, events, seed } = plan
    this.#plan = plan
    this.#random = seededRandom(seed)
    this.#text = eventText(schema, this.#random)
    this.#from = Date.parse(schema.from)
    this.#gap = Math.max(LEAST_GAP, SPAN / events)
    this.#idColumn = columnOf(schema, 'uuid')
    this.#timeColumn = columnOf(schema, 'timestamp')
  }

  get planned(): Planned {
    return {
      ordinary: this.#ordinary,
      duplicates: this.#duplicates,
      late: this.#late,
      malformed: Object.fromEntries(malformedKinds.map((kind, i) => [kind, this.#malformed[i]!])),
    }
  }

  /** The next `most` records, or what is left of the plan; none at its end. */
  take(most: number): NewRecord[] {
    const records: NewRecord[] = []
    for (let left = Math.min(most, this.#plan.events - this.#made); left > 0; left--)
      records.push(this.#next())
    return records
  }

  #next(): NewRecord {
    const { duplicates, late, malformed } = this.#plan
    const number = this.#made++
    const kind = this.#random.word() / 2 ** 32
    if (kind < duplicates && this.#ordinary > 0) return this.#duplicate()
    if (kind < duplicates) return this.#newEvent(number)
    if (kind < duplicates + late && number >= WARM_UP) return this.#lateEvent(number)
    if (kind >= duplicates + late && kind < duplicates + late + malformed)
      return this.#malformedEvent(number)
    return this.#newEvent(number)
  }

  #newEvent(number: number): NewRecord {
    const key = uuid(this.#random)
    const record = { key, value: this.#text(key, this.#timeOf(number)) }
    this.#recent[this.#ordinary++ % RECENT] = record
    return record
  }

  #duplicate(): NewRecord {
    this.#duplicates++
    const reach = Math.min(RECENT, this.#ordinary, Math.ceil(REPEATED_WITHIN / this.#gap))
    return this.#recent[(this.#ordinary - 1 - this.#random.below(reach)) % RECENT]!
  }

  #lateEvent(number: number): NewRecord {
    this.#late++
    const key = uuid(this.#random)
    const time = this.#timeOf(number) - BEHIND - this.#random.below(BEHIND)
    return { key, value: this.#text(key, time) }
  }

  #malformedEvent(number: number): NewRecord {
    const kind = this.#random.below(malformedKinds.length)
    this.#malformed[kind]!++
    const id = uuid(this.#random)
    const text = this.#text(id, this.#timeOf(number))
    const value = malformed[malformedKinds[kind]!]!({
      text,
      id,
      idColumn: this.#idColumn,
      timeColumn: this.#timeColumn,
    })
    return { key: id, value }
  }

  #timeOf(number: number): number {
    return this.#from + Math.floor(number * this.#gap) + this.#random.below(DISORDER)
  }
}

const columnOf = ({ columns }: EventSchema, type: 'uuid' | 'timestamp'): string =>
  columns.find((column) => column.type === type)!.name
