import { escapedPath, segment } from './segment.ts'
import { LETTERS, type Moment } from './time-letters.ts'
import { namesIn } from './time-names.ts'
import { isLetters, type Token, tokensOf, wrong } from './time-pattern.ts'

/** Folders called after times. */
export interface TimePath {
  /** How long, in ms of the local clock, the folder stays the same at least, from a multiple of it on. */
  readonly step: number
  folderOf(moment: Moment): string
}

/**
 * @throws SluiceError 'config' for a pattern that names no folder, or one that is surely not meant
 */
export function timePath(pattern: string, locale: string): TimePath {
  const tokens = tokensOf(pattern.replace(/^\/|\/$/g, ''), Object.keys(LETTERS).join(''), 'path')
  const names = namesIn(locale)
  checkPath(pattern, tokens)
  return {
    step: Math.min(...tokens.filter(isLetters).map(({ letter }) => LETTERS[letter]![0])),
    folderOf: (moment) =>
      tokens
        .map((token) =>
          isLetters(token)
            ? segment(LETTERS[token.letter]![1](moment, token.count, names))
            : escapedPath(token.literal),
        )
        .join(''),
  }
}

function checkPath(pattern: string, tokens: readonly Token[]): void {
  const letters = new Set(tokens.filter(isLetters).map(({ letter }) => letter))
  const shape = tokens.map((token) => (isLetters(token) ? '0' : token.literal)).join('')
  const problem = problemWithQuotes(tokens) ?? problemWithFolders(shape) ?? problemWith(letters)
  if (problem !== undefined) throw wrong(pattern, problem)
}

function problemWithQuotes(tokens: readonly Token[]): string | undefined {
  for (const token of tokens)
    if (!isLetters(token) && token.isQuoted && /^([A-Za-z])\1+$/.test(token.literal))
      return `'${token.literal}' is literal: quotes are around what is, as in 'year'=YYYY`
  return undefined
}

function problemWithFolders(shape: string): string | undefined {
  const folders = shape.split('/')
  if (folders.includes('')) return 'it is empty, or a folder in it is'
  if (folders.includes('.') || folders.includes('..')) return "a folder in it is '.' or '..'"
  if (/[\\\p{Cc}]/u.test(shape)) return 'it holds a backslash or a control character'
  return shape.isWellFormed() ? undefined : 'it holds half a surrogate pair'
}

/** What the letters surely are not to mean. */
function problemWith(letters: ReadonlySet<string>): string | undefined {
  const has = (...any: string[]): boolean => any.some((letter) => letters.has(letter))
  if (letters.size === 0) return 'it says nothing of the time, as year=YYYY does'
  if (has('D') && has('M')) return 'D is the day of the year: the day of the month is dd'
  if (has('h', 'K') && !has('a'))
    return 'h is one of twelve hours, which come twice a day: the hour of the day is HH'
  if (has('m') && has('y', 'Y', 'd', 'D') && !has('H', 'k', 'h', 'K'))
    return 'm is the minute: the month is MM'
  return undefined
}
