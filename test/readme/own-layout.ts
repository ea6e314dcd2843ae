import { type Format, type Partitioner, segment } from '../../lib/index.ts'

/** `initial=a` to `initial=z`: folders by the first letter of a text. */
export const byInitial =
  <T>(of: (event: T) => string): Partitioner<T> =>
  ({ value }) => {
    const [first = ''] = of(value)
    return `initial=${segment(first.toLowerCase())}`
  }

/** logfmt, a line for each event: `page="home" seconds=12`. */
export const logfmt = <T extends object>(): Format<T> => ({
  extension: 'log',
  // where a row ends: by it, verify counts them
  contentType: 'text/plain; charset=utf-8; separator=%0A',
  header: () => '',
  separator: '\n',
  footer: '\n',
  row({ value }) {
    const fields = Object.entries(value)
    if (fields.length === 0) throw new TypeError('logfmt() cannot write an event without a field')
    return fields.map(([name, of]) => `${name}=${JSON.stringify(of)}`).join(' ')
  },
})
