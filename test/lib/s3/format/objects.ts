import type { Message } from '../../../../lib/message.ts'
import type { Format } from '../../../../lib/s3/format/format.ts'
import { at, type Origin } from '../../../../lib/testing.ts'

/** A message whose value has just been parsed: its bytes are its own. */
export const asItCame = (text: string, origin: Origin = {}): Message<unknown> => ({
  ...at('09:00', JSON.parse(text) as unknown, { ...origin, bytes: Buffer.from(text) }),
  verbatim: true,
})

/** An event that an operator has made. */
export const made = <T>(value: T, origin: Origin = {}): Message<T> => at('09:00', value, origin)

/** What a sink without limits makes of messages: the text of each object, a new one where the schema is another. */
export function objectsOf<T>(format: Format<T>, messages: readonly Message<T>[]): string[] {
  const objects: { schema: string; rows: string[] }[] = []
  for (const message of messages) {
    const open = objects.at(-1)
    const schema = format.schema?.(message, open?.schema) ?? ''
    const row = String(format.row(message, schema))
    if (open?.schema === schema) open.rows.push(row)
    else objects.push({ schema, rows: [row] })
  }
  return objects.map(
    ({ schema, rows }) => format.header(schema) + rows.join(format.separator) + format.footer,
  )
}
