import { MISSING, NULL } from './absent.ts'
import { decoded } from './segment.ts'

/** What a segment of a key says: of a folder `name=value` both, of any other its text. No value means that the field was missing. */
export interface KeyPart {
  readonly name?: string
  readonly value?: string | null
}

/** The parts of a key, as they were before a partitioner escaped them; of folders for what is absent, by the names that these have unless said otherwise. */
export const partsOf = (key: string): KeyPart[] => key.split('/').map(partOf)

function partOf(text: string): KeyPart {
  const at = text.indexOf('=')
  const name = at > 0 ? { name: decoded(text.slice(0, at)) } : {}
  const value = text.slice(at > 0 ? at + 1 : 0)
  if (value === MISSING) return name
  return { ...name, value: value === NULL ? null : decoded(value) }
}
