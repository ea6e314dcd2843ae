import { at, clock } from '../../../lib/testing.ts'
import type { Message } from '../../../lib/message.ts'

export interface Event {
  readonly id: number
  readonly at: number
  readonly country?: string | null
  readonly note: string
  /** Beyond 2^53. */
  readonly big: bigint
  readonly price: number
}

const COUNTRIES = ['Peru', "Côte d'Ivoire", 'a/b=c', '..', '', null, undefined]

/** What formats trip over: separators, quotes, line breaks, letters of two and four bytes, and nothing. */
const NOTES = ['plain', 'a, "b"; c\td', 'two\nlines\r\nand more', '=1+1', '', 'ä 𝄞 \\n', ' ']

/** Times of day, some behind those before them, some in the hour before. */
const TIMES = ['09:00', '09:01', '08:59:59.999', '09:29:59', '09:30', '09:02', '10:00', '09:59']

const event = (id: number): Event => {
  const country = COUNTRIES[id % COUNTRIES.length]
  return {
    id,
    at: clock(TIMES[id % TIMES.length] as string),
    ...(country !== undefined && { country }),
    note: NOTES[(id * 3) % NOTES.length] as string,
    big: 2n ** 64n + BigInt(id),
    price: id * 1.1,
  }
}

export const events: readonly Event[] = Array.from({ length: 24 }, (_, id) => event(id))

/** An event as its producer writes it, on several lines now and then. */
const textOf = ({ big, ...rest }: Event): string =>
  JSON.stringify({ ...rest, big: 0 }, null, rest.id % 4 === 3 ? 2 : 0).replace(
    /("big": ?)0/,
    `$1${big}`,
  )

/** The record of an event, in one of two partitions. A quarter of a minute lies between it and the next. */
export const recordOf = (event: Event): Message<string> =>
  at(new Date(clock('12:00') + event.id * 15_000).toISOString(), textOf(event), {
    partition: event.id % 2,
    key: `k${event.id}`,
  })
