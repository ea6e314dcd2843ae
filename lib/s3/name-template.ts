import { SluiceError } from '../errors.ts'
import { type ObjectFacts, type ObjectName, timestampOf } from './object-name.ts'

/** What a template can hold. */
const PLACEHOLDERS: Readonly<Record<string, (object: ObjectFacts) => string | number>> = {
  prefix: ({ prefix }) => flat(prefix),
  folder: ({ folder }) => flat(folder),
  pipeline: ({ pipeline }) => pipeline,
  instance: ({ instance }) => instance,
  topic: ({ topic }) => topic,
  partition: ({ partition }) => partition,
  lane: ({ lane }) => lane,
  commit: ({ commitIndex }) => commitIndex,
  ordinal: ({ ordinal }) => ordinal,
  first: ({ firstOffset }) => firstOffset,
  last: ({ lastOffset }) => lastOffset,
  nth: ({ nth }) => nth,
  count: ({ rows }) => rows,
  time: ({ firstTime }) => timeOf(firstTime),
  extension: ({ extension }) => extension,
}

const PLACEHOLDER = /\{([^{}]*)\}/g

/**
 * Names by a text with placeholders, `template('{topic}-{partition}-{first:10}-{last:10}.{extension}')`. A number after a colon fills up with zeros to so many digits;
 * slashes of `{prefix}` and `{folder}` become `+`; `{time}` is the event time of the first row, in UTC. An object whose name holds `{last}` or `{count}` gets it when
 * it is finished, and so is kept back until then instead of going up while it grows.
 *
 * @throws SluiceError 'config' for a placeholder that is none, naming those that are
 */
export function template(text: string): ObjectName {
  for (const [whole, inside = ''] of text.matchAll(PLACEHOLDER)) checkPlaceholder(whole, inside)
  const stray = text.replace(PLACEHOLDER, '').search(/[{}]/)
  if (text === '' || stray >= 0)
    throw wrong(`template('${text}') ${text === '' ? 'is empty' : 'has a brace without its other'}`)
  return (object) =>
    text.replace(PLACEHOLDER, (_, inside: string) => {
      const [name = '', digits = '0'] = inside.split(':')
      const value = (PLACEHOLDERS[name] as (object: ObjectFacts) => string | number)(object)
      return String(value).padStart(Number(digits), '0')
    })
}

function checkPlaceholder(whole: string, inside: string): void {
  const [name = '', digits, ...more] = inside.split(':')
  if (!Object.hasOwn(PLACEHOLDERS, name))
    throw wrong(
      `template has no placeholder ${whole}: it knows ${Object.keys(PLACEHOLDERS)
        .map((known) => `{${known}}`)
        .join(', ')}`,
    )
  if (digits === undefined || (/^[1-9]\d?$/.test(digits) && more.length === 0)) return
  throw wrong(`${whole} of template has to end in a number of digits from 1 to 99, as {first:10}`)
}

const flat = (path: string): string => path.replaceAll('/', '+')

function timeOf(time: number): string {
  if (Number.isFinite(time)) return timestampOf(time)
  throw new TypeError(
    'the name of its object holds {time}, and it has no event time: put eventTime(…) before the sink',
  )
}

const wrong = (what: string): SluiceError => new SluiceError('config', what)
