import { SluiceError } from '../../errors.ts'

/** A piece of a pattern: a text that stands for itself, or a letter, so many times, that stands for a part of the time. */
export type Token = Literal | Letters

interface Literal {
  readonly literal: string
  readonly isQuoted: boolean
}

export interface Letters {
  readonly letter: string
  readonly count: number
}

export const isLetters = (token: Token): token is Letters => 'letter' in token

const QUOTED = `''|'(?<quoted>(?:[^']|'')*)'`
/** The name of a folder's field, as in `year=YYYY`, is no pattern, with quotes or without. */
const NAME = `(?<name>(?<=^|/)[\\p{L}_][\\p{L}\\p{N}_.-]*(?==))`
const LETTERS = `(?<letters>(?<letter>[A-Za-z])\\k<letter>*)`
const OTHER = `(?<other>[^A-Za-z']+)`

const IN_TEXTS = new RegExp(`${QUOTED}|${LETTERS}|${OTHER}`, 'guy')
const IN_PATHS = new RegExp(`${QUOTED}|${NAME}|${LETTERS}|${OTHER}`, 'guy')

/**
 * The tokens of a pattern: of a text to be read, or of the path of a folder.
 *
 * @param known the letters that there are
 * @throws SluiceError 'config' for other letters, and for a quote without its end
 */
export function tokensOf(pattern: string, known: string, kind: 'text' | 'path'): Token[] {
  const found = [...pattern.matchAll(kind === 'path' ? IN_PATHS : IN_TEXTS)]
  const length = found.reduce((sum, [text]) => sum + text.length, 0)
  if (length < pattern.length) throw wrong(pattern, 'a quote does not end')
  return found.map(({ groups = {} }) => {
    const { quoted, name, letters, letter, other } = groups
    if (letter === undefined || letters === undefined)
      return {
        literal: quoted?.replaceAll("''", "'") ?? name ?? other ?? "'",
        isQuoted: quoted !== undefined,
      }
    if (known.includes(letter)) return { letter, count: letters.length }
    throw wrong(
      pattern,
      `'${letter}' is no letter of a time here (those are ${known.split('').join(' ')}): put quotes around what is literal, as in 'at 'HH`,
    )
  })
}

export const wrong = (pattern: string, problem: string): SluiceError =>
  new SluiceError('config', `the pattern "${pattern}" cannot be used: ${problem}`)
