import { gzipSync, zstdCompressSync } from 'node:zlib'
import test from 'ava'
import { TOKEN } from '../../../lib/commit/publish.ts'
import {
  csv,
  definePipeline,
  gzip,
  jsonArray,
  jsonLines,
  rawBytes,
  tsv,
  zstd,
} from '../../../lib/index.ts'
import type { Compression } from '../../../lib/s3/compression.ts'
import type { Format } from '../../../lib/s3/format/format.ts'
import { memoryLog, memoryStore, type StoredObject, virtualClock } from '../../../lib/testing.ts'
import { unpacked } from '../../../lib/testing/unpacked.ts'
import { verify } from '../../../lib/verify/verify.ts'
import { parse } from '../../../operators/index.ts'
import { runToEnd } from '../../pipelines/world.ts'

const formats: Record<string, Format<unknown>> = {
  'JSON lines': jsonLines(),
  'a JSON array': jsonArray(),
  'CSV with a header': csv({ header: true, newline: '\r\n', delimiter: ';' }),
  TSV: tsv(),
  'raw bytes with a separator': rawBytes({ separator: '\u001e' }),
}

const compressions: Record<
  string,
  { compression?: Compression; pack?: (bytes: Buffer) => Buffer }
> = {
  'not compressed': {},
  'as gzip': { compression: gzip(), pack: (bytes) => gzipSync(bytes) },
  'as zstd': { compression: zstd(), pack: (bytes) => zstdCompressSync(bytes) },
}

/** One object of thirty rows, and the log that it was made of. */
async function world(format: Format<unknown>, compression: Compression | undefined) {
  const [log, store, clock] = [memoryLog(), memoryStore(), virtualClock()]
  await log.create('events', 1)
  const producer = await log.producer('events')
  for (let n = 0; n < 30; n++)
    await producer.append([{ key: null, value: `{"n":${100 + n},"page":"page ${n % 3}"}` }])
  const pipeline = definePipeline('damaged', ({ kafka, s3 }) => {
    kafka({ topic: 'events' })
      .through(parse())
      .to(s3({ prefix: 'rows', format, ...(compression && { compression }) }))
  })
  await runToEnd({ clock, log, store }, { pipeline })
  const findings = async (): Promise<string[]> => {
    const report = await verify({ pipeline: 'damaged', store, log, clock })
    return report.findings.map(({ kind, what }) => `${kind}: ${what}`)
  }
  return { store, findings }
}

/** Rows with what stands around and between them. */
interface Rows {
  readonly header: string
  readonly rows: readonly string[]
  readonly separator: string
  readonly footer: string
}

const told = (row: number, how: string, offset: number): RegExp =>
  new RegExp(`^altered: .*; row ${row} is the first that ${how}, of events-0@${offset}$`)

const damages: Record<string, [(rows: readonly string[]) => readonly string[], RegExp]> = {
  'a value': [(rows) => rows.with(17, rows[17]!.replace('117', '917')), told(18, 'differs', 17)],
  'a row that was taken out': [(rows) => rows.toSpliced(7, 1), told(8, 'is missing', 7)],
  'rows that were cut off': [(rows) => rows.slice(0, 20), told(21, 'is missing', 20)],
  'a row that is there twice': [
    (rows) => rows.toSpliced(9, 0, rows[4]!),
    told(10, 'is there once more', 4),
  ],
  'two rows that have changed places': [
    (rows) => rows.with(3, rows[9]!).with(9, rows[3]!),
    told(4, 'is out of place', 9),
  ],
}

const textOf = ({ header, rows, separator, footer }: Rows): string =>
  header + rows.join(separator) + footer

for (const [name, format] of Object.entries(formats))
  for (const [title, { compression, pack = (bytes: Buffer) => bytes }] of Object.entries(
    compressions,
  ))
    test(`what was done to an object is told by its rows: ${name}, ${title}`, async (t) => {
      const { store, findings } = await world(format, compression)
      t.deepEqual(await findings(), [])
      const [object] = store.objects('rows/') as [StoredObject]
      const { separator, footer } = format
      const header = format.header('["n","page"]')
      const text = unpacked(object).toString()
      const rows = text.slice(header.length, text.length - footer.length).split(separator)
      t.is(rows.length, 30)
      const put = (bytes: Buffer, token = object.metadata[TOKEN]!): Promise<unknown> =>
        store.put(object.key, bytes, { metadata: { ...object.metadata, [TOKEN]: token } })

      for (const [what, [change, finding]] of Object.entries(damages)) {
        await put(pack(Buffer.from(textOf({ header, rows: change(rows), separator, footer }))))
        const [found = '', ...more] = await findings()
        t.deepEqual(more, [])
        t.regex(found, finding, what)
      }
      const half = object.bytes.length >> 1
      await put(object.bytes.subarray(0, half))
      t.regex(
        (await findings()).join(),
        new RegExp(
          `^altered: it has ${half} bytes, it was written with ${object.bytes.length}: 30`,
        ),
      )
      await put(object.bytes, 'a1b2c3/other/events/0/1/2/00/rows/0')
      t.regex(
        (await findings()).join(),
        /^altered: its bytes are right, but it bears the token of another object: a1b2c3\/other/,
      )
      await store.put('rows/elsewhere.txt', Buffer.from('from somebody else'))
      await put(object.bytes)
      t.deepEqual(await findings(), [])
    })
