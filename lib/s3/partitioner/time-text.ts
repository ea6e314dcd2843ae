import type { Zone } from '../../zone.ts'
import { instantOf, type LocalTime, offsetOf } from './local-time.ts'
import { type Names, namesIn } from './time-names.ts'
import { isLetters, type Letters, tokensOf, wrong } from './time-pattern.ts'

/** What reads a text as a time in ms since the epoch; undefined for a text of another form, or for a time that there is not. */
export type ReadTime = (text: string, zone: Zone) => number | undefined

/** The letters that an instant is read from; the day of the week is read over. */
const KNOWN = 'yYMdHhamsSZXE'

/**
 * A reader of texts by a pattern such as `dd/MMM/yyyy:HH:mm:ss Z`. What the pattern leaves out of the time of day is zero; two digits of a year are one from 1969 to 2068.
 *
 * @throws SluiceError 'config' for a pattern that does not say which day it is
 */
export function timeText(pattern: string, locale: string): ReadTime {
  const tokens = tokensOf(pattern, KNOWN, 'text')
  const letters = tokens.filter(isLetters)
  checkComplete(pattern, new Set(letters.map(({ letter }) => letter)))
  const names = namesIn(locale)
  const form = tokens.map((token) =>
    isLetters(token) ? `(${formOf(token, names)})` : plainForm(token.literal),
  )
  const whole = new RegExp(`^${form.join('')}$`, 'iu')

  return (text, zone) => {
    const found = whole.exec(text)
    if (!found) return undefined
    const parts = new Map(letters.map(({ letter }, i) => [letter, found[i + 1] as string]))
    return instantOf(timeOf(parts, names), zone)
  }
}

function checkComplete(pattern: string, letters: ReadonlySet<string>): void {
  if (!letters.has('M') || !letters.has('d') || letters.has('y') === letters.has('Y'))
    throw wrong(pattern, 'a time is read from a year, a month and a day: yyyy, MM and dd')
  if (letters.has('h') !== letters.has('a'))
    throw wrong(pattern, 'h and a belong together: the hour of the day is HH')
}

function formOf({ letter, count }: Letters, { months, days, halves }: Names): string {
  const length = count < 4 ? 'short' : 'long'
  if (letter === 'M' && count > 2) return oneOf(months[length])
  if (letter === 'E') return oneOf(days[length])
  if (letter === 'a') return oneOf(halves)
  if ('ZX'.includes(letter)) return 'Z|[+-]\\d\\d(?::?\\d\\d)?'
  if (letter === 'h') return count === 1 ? '0?[1-9]|1[0-2]' : '0[1-9]|1[0-2]'
  if (letter === 'S' || count > 1) return `\\d{${count}}`
  return 'yY'.includes(letter) ? '\\d{1,4}' : '\\d\\d?'
}

const oneOf = (names: readonly string[]): string => names.map(plainForm).join('|')

const plainForm = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')

function timeOf(parts: ReadonlyMap<string, string>, names: Names): LocalTime {
  const numberOf = (letter: string): number => Number(parts.get(letter) ?? 0)
  const isLater = parts.get('a')?.toLowerCase() === names.halves[1]?.toLowerCase()
  const offset = parts.get('Z') ?? parts.get('X')
  return {
    year: yearOf((parts.get('y') ?? parts.get('Y')) as string),
    month: monthOf(parts.get('M') as string, names),
    day: numberOf('d'),
    hour: parts.has('h') ? (numberOf('h') % 12) + (isLater ? 12 : 0) : numberOf('H'),
    minute: numberOf('m'),
    second: numberOf('s'),
    millisecond: Number((parts.get('S') ?? '').padEnd(3, '0').slice(0, 3)),
    offset: offset === undefined ? undefined : offsetOf(offset),
  }
}

function yearOf(text: string): number {
  const year = Number(text)
  if (text.length !== 2) return year
  return year + (year < 69 ? 2_000 : 1_900)
}

function monthOf(text: string, { months }: Names): number {
  if (/^\d/.test(text)) return Number(text)
  const isText = (name: string): boolean => name.toLowerCase() === text.toLowerCase()
  return Math.max(months.short.findIndex(isText), months.long.findIndex(isText)) + 1
}
