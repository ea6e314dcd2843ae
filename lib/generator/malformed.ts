/** What an event consists of that is to be spoiled. */
export interface Sound {
  readonly text: string
  readonly id: string
  readonly idColumn: string
  readonly timeColumn: string
}

type Spoil = (event: Sound) => Uint8Array | string | null

/** Year 9999. */
const FAR_FUTURE = Date.UTC(9999, 0)

/** The kinds of record that a pipeline has to survive, by name. */
export const malformed: Readonly<Record<string, Spoil>> = {
  'malformed JSON': ({ text }) => text.slice(0, -1),
  'invalid UTF-8': spoiledByte,
  'empty value': () => '',
  'null value': () => null,
  'missing guid': ({ text, idColumn }) => changed(text, idColumn, () => undefined),
  'timestamp in seconds': ({ text, timeColumn }) =>
    changed(text, timeColumn, (time) => Math.floor(time / 1_000)),
  'year 9999': ({ text, timeColumn }) => changed(text, timeColumn, () => FAR_FUTURE),
}

export const malformedKinds: readonly string[] = Object.keys(malformed)

/** A byte that UTF-8 never has, inside a string: `JSON.parse` would accept it with a replacement character. */
function spoiledByte({ text, id }: Sound): Uint8Array {
  const bytes = Buffer.from(text)
  bytes[bytes.indexOf(id)] = 0xff
  return bytes
}

/** Undefined takes the field away. */
function changed(text: string, column: string, to: (value: number) => number | undefined): string {
  const event = JSON.parse(text) as Record<string, unknown>
  return JSON.stringify({ ...event, [column]: to(event[column] as number) })
}
