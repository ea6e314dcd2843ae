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
  const shape = tokens.map((token) => (isLetters(token) ? '0' : token.literal)).join('')
  const folders = shape.split('/')
  const all = new Set(tokens.filter(isLetters).map(({ letter }) => letter))
  const has = (letters: string): boolean => [...letters].some((letter) => all.has(letter))
  const problem =
    (all.size === 0 &&
      'it says nothing of the time: quotes are around what is literal, as in year=YYYY') ||
    (folders.includes('') && 'a folder in it is empty') ||
    (folders.some((name) => name === '.' || name === '..') && "a folder in it is '.' or '..'") ||
    (/[\\\p{Cc}]/u.test(shape) && 'it holds a backslash or a control character') ||
    (!shape.isWellFormed() && 'it holds half a surrogate pair') ||
    (has('D') && has('M') && 'D is the day of the year: the day of the month is dd') ||
    (has('hK') &&
      !has('a') &&
      'h is one of twelve hours, which come twice a day: the hour of the day is HH') ||
    (has('m') && has('yYxdD') && !has('HkhK') && 'm is the minute: the month is MM')
  if (problem) throw wrong(pattern, problem)
}
