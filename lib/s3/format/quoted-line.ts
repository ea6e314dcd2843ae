import { Stringifier } from 'csv-stringify'
import { SluiceError } from '../../errors.ts'
import type { Cell } from './cells.ts'

export interface QuotedLineOptions {
  readonly delimiter: string
  readonly quote?: string
  readonly nullText?: string
}

/** What csv-stringify's own stream and its synchronous function call for each row, which is not in its types. */
interface Stringify {
  readonly api: {
    stringify(cells: readonly Cell[]): [error: Error | undefined, line: string]
  }
}

/**
 * Writes cells as a line of CSV, without its end, by csv-stringify. Its options are read once: the synchronous function reads them for every call, which
 * more than doubles the price of a line.
 *
 * @throws SluiceError 'config' for a delimiter, quote or null text that could be taken for one another
 */
export function quotedLine(
  format: string,
  { delimiter, quote = '"', nullText = '' }: QuotedLineOptions,
): (cells: readonly Cell[]) => string {
  check(format, { delimiter, quote, nullText })
  const { api } = new Stringifier({
    delimiter,
    quote,
    escape: quote,
    quote_record_delimiter: true,
    // an empty text, and one that readers of files would take for a byte order mark
    quoted_match: /^(?:$|\ufeff)/,
    ...(nullText !== '' && {
      cast: {
        null: () => nullText,
        string: (text: string) => (text === nullText ? { value: text, quoted: true } : text),
      },
    }),
  }) as unknown as Stringify
  return (cells) => {
    const [error, line] = api.stringify(cells)
    if (error)
      throw new TypeError(`${format}() cannot write a row: ${error.message}`, { cause: error })
    return line
  }
}

function check(format: string, { delimiter, quote, nullText }: Required<QuotedLineOptions>): void {
  for (const [name, character] of Object.entries({ delimiter, quote }))
    if (character.length !== 1 || /[\r\n]/.test(character))
      throw new SluiceError(
        'config',
        `${name} of ${format} is one character and no line break, not ${JSON.stringify(character)}`,
      )
  if (delimiter === quote)
    throw new SluiceError(
      'config',
      `delimiter and quote of ${format} are both ${JSON.stringify(quote)}: choose another one for either`,
    )
  const within = [delimiter, quote, '\r', '\n'].find((character) => nullText.includes(character))
  if (within !== undefined)
    throw new SluiceError(
      'config',
      `nullText of ${format} has ${JSON.stringify(within)} in it, which ends or quotes a cell: choose another nullText, delimiter or quote`,
    )
}
