import type { Names } from './time-names.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** A moment as it is to be written: the UTC fields of `local` are what the local clock shows. */
export interface Moment {
  readonly local: Date
  /** What the local clock is ahead of UTC, in ms. */
  readonly offset: number
  readonly zone: string
}

/** What a letter of a pattern stands for, given how often it is written. */
type Text = (moment: Moment, count: number, names: Names) => string

const year: Text = ({ local }, count) => yearText(local.getUTCFullYear(), count)
const hour = ({ local }: Moment): number => local.getUTCHours()

/** Its text, and how long, in ms of the local clock, that stays the same at least. */
export type Letter = readonly [step: number, text: Text]

/** The letters of Joda-Time that are of use in a folder, as Kafka Connect takes them, and `X`. `Y` is the calendar's year, as there. */
export const LETTERS: Readonly<Record<string, Letter>> = {
  y: [DAY, year],
  Y: [DAY, year],
  x: [DAY, ({ local }, count) => yearText(thursday(local).getUTCFullYear(), count)],
  M: [DAY, ({ local }, count, { months }) => named(months, local.getUTCMonth(), count)],
  w: [DAY, ({ local }, count) => padded(Math.ceil(dayOfYear(thursday(local)) / 7), count)],
  d: [DAY, ({ local }, count) => padded(local.getUTCDate(), count)],
  D: [DAY, ({ local }, count) => padded(dayOfYear(local), count)],
  e: [DAY, ({ local }, count) => padded(weekday(local) + 1, count)],
  E: [DAY, ({ local }, count, { days }) => days[count < 4 ? 'short' : 'long'][weekday(local)]!],
  a: [HOUR, (moment, _, { halves }) => halves[hour(moment) < 12 ? 0 : 1]!],
  H: [HOUR, (moment, count) => padded(hour(moment), count)],
  k: [HOUR, (moment, count) => padded(hour(moment) || 24, count)],
  K: [HOUR, (moment, count) => padded(hour(moment) % 12, count)],
  h: [HOUR, (moment, count) => padded(hour(moment) % 12 || 12, count)],
  m: [MINUTE, ({ local }, count) => padded(local.getUTCMinutes(), count)],
  s: [SECOND, ({ local }, count) => padded(local.getUTCSeconds(), count)],
  S: [1, ({ local }, n) => padded(local.getUTCMilliseconds(), 3).slice(0, n).padEnd(n, '0')],
  Z: [DAY, ({ offset, zone }, n) => (n > 2 ? zone : offsetText(offset, n === 2 ? ':' : ''))],
  X: [DAY, ({ offset }, count) => shortOffset(offset, count)],
}

const padded = (n: number, length: number): string =>
  n < 0 ? `-${padded(-n, length)}` : String(n).padStart(length, '0')

/** Two letters are the year of the century. */
const yearText = (n: number, count: number): string =>
  padded(count === 2 ? Math.abs(n) % 100 : n, count)

/** From three letters on a month has a name. */
const named = ({ short, long }: Names['months'], month: number, count: number): string =>
  count < 3 ? padded(month + 1, count) : (count === 3 ? short : long)[month]!

/** From 0, which is Monday. */
const weekday = (date: Date): number => (date.getUTCDay() + 6) % 7

/** The Thursday of the same week, in whose year the week is counted. */
const thursday = (date: Date): Date => new Date(date.getTime() + (3 - weekday(date)) * DAY)

const dayOfYear = (date: Date): number =>
  Math.floor((date.getTime() - new Date(date).setUTCMonth(0, 1)) / DAY) + 1

function offsetText(offset: number, colon: string): string {
  const minutes = Math.floor(Math.abs(offset) / MINUTE)
  const sign = offset < 0 ? '-' : '+'
  return `${sign}${padded(Math.floor(minutes / 60), 2)}${colon}${padded(minutes % 60, 2)}`
}

/** `Z` for none; one letter leaves out minutes that are none, three have a colon. */
function shortOffset(offset: number, count: number): string {
  if (offset === 0) return 'Z'
  const text = offsetText(offset, count > 2 ? ':' : '')
  return count === 1 && text.endsWith('00') ? text.slice(0, 3) : text
}
