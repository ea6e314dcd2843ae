import { z } from 'zod'
import { csv, definePipeline, jsonLines, rawBytes, tsv } from '../../lib/index.ts'
import type { Format } from '../../lib/s3/format/format.ts'
import { parse } from '../../operators/index.ts'

interface View {
  readonly id: string
  readonly country?: string
  readonly seconds: number | null
}

export const listed: Format<View> = csv({ columns: ['id', 'country', 'seconds'] })
export const ofNone: Format<View> = tsv()
export const kept: Format<View | null> = csv({ columns: ['id'], include: ['key'] })
export const ofSchema: Format<View> = csv({ columns: z.object({ id: z.string() }) })
export const ofAny: Format<unknown> = csv({ columns: ['whatever'] })

// @ts-expect-error a column that is no field
export const misspelled: Format<View> = csv({ columns: ['id', 'contry'] })

// @ts-expect-error a column that is no field, of events among tombstones
export const misspelledToo: Format<View | null> = tsv({ columns: ['contry'] })

// @ts-expect-error a field of the record that there is not
jsonLines({ include: ['value'] })

// @ts-expect-error raw bytes have no room for anything beside them
rawBytes({ include: ['key'] })

// @ts-expect-error TSV has one delimiter
tsv({ delimiter: ';' })

// In a pipeline the event's type is the flow's
definePipeline('views', ({ kafka, s3 }) => {
  const views = kafka({ topic: 'views' }).through(parse<View>())
  views.to(s3({ prefix: 'a', format: csv({ columns: ['id', 'seconds'], header: true }) }))

  // @ts-expect-error a column that is no field
  views.to(s3({ prefix: 'b', format: csv({ columns: ['id', 'minutes'] }) }))
})
