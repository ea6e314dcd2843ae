import type { Duration } from './duration.ts'
import { SluiceError } from './errors.ts'

/** One option of a pipeline: how its text on the command line is read, its default, its line in the help. */
export interface Option<T> {
  readonly placeholder: string
  readonly help: string
  readonly initial: T
  /** @throws Error whose message completes "--name …" */
  read(text: string): T
  /** The default as a user would write it. */
  readonly shown: string
}

export type Options = Readonly<Record<string, Option<unknown>>>

/** The values that a pipeline is built with, by the names of its options. */
export type Values<O extends Options> = { readonly [name in keyof O]: O[name]['initial'] }

/** A whole number of at least `least`. */
export const integer = (initial: number, help: string, least = 1): Option<number> => ({
  placeholder: 'n',
  help,
  initial,
  shown: String(initial),
  read: (text) => readCount(text, least),
})

/** A span of time: `500ms`, `10s`, `1m`, `2h`, `7d`. */
export const duration = (initial: Duration, help: string): Option<Duration> => ({
  placeholder: 'duration',
  help,
  initial,
  shown: showDuration(initial),
  read: readDuration,
})

/** A number of bytes: `512`, `64KB`, `256MB`, `1GB`, in powers of 1,024. */
export const bytes = (initial: number, help: string): Option<number> => ({
  placeholder: 'size',
  help,
  initial,
  shown: showBytes(initial),
  read: readBytes,
})

/** One of a few words, the first being the default. */
export const choice = <const C extends readonly [string, ...string[]]>(
  words: C,
  help: string,
): Option<C[number]> => ({
  placeholder: words.join('|'),
  help,
  initial: words[0],
  shown: words[0],
  read: (text) => {
    if (words.includes(text)) return text
    throw new SluiceError('config', `takes ${words.join(' or ')}, not '${text}'`)
  },
})

/** Any text that is not empty. */
export const text = (initial: string, help: string): Option<string> => ({
  placeholder: 'text',
  help,
  initial,
  shown: initial,
  read: (given) => {
    if (given !== '') return given
    throw new SluiceError('config', 'takes a text that is not empty')
  },
})

type Names = readonly [string, ...string[]]

/** One name or several, with commas between them. */
export const names = (initial: Names, help: string): Option<Names> => ({
  placeholder: 'names',
  help,
  initial,
  shown: initial.join(','),
  read: (given) => {
    const [first = '', ...others] = given.split(',').map((name) => name.trim())
    if (first !== '' && !others.includes('')) return [first, ...others]
    throw new SluiceError('config', `takes names with commas between them, not '${given}'`)
  },
})

function readCount(text: string, least: number): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < least || text.trim() === '')
    throw new SluiceError('config', `takes a whole number of at least ${least}, not '${text}'`)
  return value
}

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

export function readDuration(text: string): Duration {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? []
  if (number === undefined)
    throw new SluiceError('config', `takes a duration such as 500ms, 10s, 1m or 2h, not '${text}'`)
  return Number(number) * (UNITS[unit] as number)
}

export function showDuration(ms: Duration): string {
  const unit = Object.keys(UNITS).findLast((name) => ms % (UNITS[name] as number) === 0) ?? 'ms'
  return `${ms / (UNITS[unit] as number)}${unit}`
}

const SIZES: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KB: 1024,
  MB: 1024 ** 2,
  GB: 1024 ** 3,
}

export function readBytes(text: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)(B|KB|MB|GB)?$/i.exec(text) ?? []
  if (number === undefined || Number(number) === 0)
    throw new SluiceError('config', `takes a size such as 64KB, 256MB or 1GB, not '${text}'`)
  return Math.floor(Number(number) * (SIZES[unit.toUpperCase()] as number))
}

export function showBytes(value: number): string {
  const unit =
    Object.keys(SIZES).findLast((name) => name !== '' && value % (SIZES[name] as number) === 0) ??
    'B'
  return `${value / (SIZES[unit] as number)}${unit}`
}
