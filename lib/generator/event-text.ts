import type { Random } from './random.ts'
import type { Column, EventSchema } from './schema.ts'

/** An event as JSON, with the identity and the time that it is given. */
export type EventText = (id: string, time: number) => string

const FLOATS_BELOW = 100

/** A column with at most so many values has them written beforehand. */
const WRITTEN_BEFOREHAND = 10_000

/** How events of this schema are written; what is not given comes from `random`. */
export function eventText({ columns }: EventSchema, random: Random): EventText {
  const fields = columns.map((column, i) =>
    fieldOf(column, `${i === 0 ? '{' : ','}${JSON.stringify(column.name)}:`, random),
  )
  return (id, time) => {
    let text = ''
    for (let i = 0; i < fields.length; i++) text += fields[i]!(id, time)
    return `${text}}`
  }
}

/** @param name what stands before the value */
function fieldOf(column: Column, name: string, { below }: Random): EventText {
  const { type, cardinality = 1 } = column
  if (type === 'uuid') return (id) => `${name}"${id}"`
  if (type === 'timestamp') return (_, time) => `${name}${time}`
  const value = valueOf(column)
  if (cardinality > WRITTEN_BEFOREHAND) return () => name + value(below(cardinality))
  const written = Array.from({ length: cardinality }, (_, i) => name + value(i))
  return () => written[below(cardinality)]!
}

/** The column's value number `i`, from 0, as JSON. */
function valueOf({ name, type, cardinality = 1 }: Column): (i: number) => string {
  switch (type) {
    case 'string':
      return (i) => JSON.stringify(`${name}_${i + 1}`)
    case 'integer':
      return (i) => `${i + 1}`
    case 'boolean':
      return (i) => (i % 2 === 1 ? 'true' : 'false')
    default:
      return (i) => `${(i / cardinality) * FLOATS_BELOW}`
  }
}
