import { pipeline as connect, Readable } from 'node:stream'
import { parse } from 'csv-parse'
import type { CompressionName, StagedObject } from '../../commit/record.ts'
import { unpack } from '../rows.ts'
import { jsonValues } from './json-values.ts'

/** A row of an object. */
export interface Row {
  /** As it stands there. */
  readonly text: string
  /** What it says: of JSON its value, of rows of columns their cells by name; undefined where it says nothing that can be understood. */
  readonly value: unknown
  /** Cells are texts, whatever they were before. */
  readonly isCells: boolean
}

/** What has to be known of an object to read its rows. */
export type ObjectForm = Pick<StagedObject, 'contentType' | 'compression'> & {
  readonly schema?: string
}

type Chunks = AsyncIterable<Buffer>

const LINE_FEED = 10

/** Whether rows of such objects can be told apart. */
export const hasRows = ({ contentType }: Pick<ObjectForm, 'contentType'>): boolean =>
  readers.some(({ type }) => contentType.startsWith(type))

/**
 * The rows of an object in their order, a header left out. Holds one row.
 *
 * @throws Error when its bytes cannot be unpacked, or are no rows
 */
export async function* readRows(chunks: Chunks, object: ObjectForm): AsyncGenerator<Row> {
  const reader = readers.find(({ type }) => object.contentType.startsWith(type))
  if (!reader) return
  yield* reader.read(plain(chunks, object.compression), object)
}

const plain = (chunks: Chunks, compression: CompressionName | undefined): Chunks =>
  compression ? unpack(chunks, compression) : chunks

const readers: readonly {
  readonly type: string
  readonly read: (chunks: Chunks, object: ObjectForm) => AsyncIterable<Row>
}[] = [
  { type: 'application/x-ndjson', read: (chunks) => jsonRows(linesOf(chunks)) },
  { type: 'application/json', read: (chunks) => jsonRows(jsonValues(chunks, true)) },
  { type: 'text/csv', read: (chunks, object) => cellRows(chunks, object, [',', ';', '|', '\t']) },
  {
    type: 'text/tab-separated-values',
    read: (chunks, object) => cellRows(chunks, object, ['\t']),
  },
]

/** JSON texts as rows, wherever they come from. */
export async function* jsonRows(texts: AsyncIterable<Buffer>): AsyncGenerator<Row> {
  for await (const bytes of texts) {
    const text = bytes.toString()
    yield { text, value: valueOf(text), isCells: false }
  }
}

export function valueOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function* linesOf(chunks: Chunks): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of chunks) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let from = 0
    for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, from)) {
      yield bytes.subarray(from, at)
      from = at + 1
    }
    rest = bytes.subarray(from)
  }
  if (rest.length > 0) yield rest
}

interface Parsed {
  readonly record: readonly string[]
  readonly raw: string
}

async function* cellRows(
  chunks: Chunks,
  { contentType, schema = '' }: ObjectForm,
  delimiters: readonly string[],
): AsyncGenerator<Row> {
  const isTabbed = contentType.startsWith('text/tab')
  const known = valueOf(schema)
  let names = Array.isArray(known) ? known.map(String) : []
  let hasHeader = contentType.includes('header=present')
  for await (const { record, raw } of parsed(chunks, names.length, delimiters, isTabbed)) {
    const cells = isTabbed ? record.map(unescaped) : record
    if (hasHeader) {
      names = [...cells]
      hasHeader = false
      continue
    }
    // columns of the record itself come first, and only a header names them
    const extra = Math.max(0, cells.length - names.length)
    const entries = cells.slice(extra).map((cell, i) => [names[i], cell] as const)
    yield { text: raw.replace(/[\r\n]+$/, ''), value: Object.fromEntries(entries), isCells: true }
  }
}

async function* parsed(
  chunks: Chunks,
  columns: number,
  delimiters: readonly string[],
  isTabbed: boolean,
): AsyncGenerator<Parsed> {
  const iterator = chunks[Symbol.asyncIterator]()
  let first: Buffer = Buffer.alloc(0)
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
    first = Buffer.concat([first, next.value])
    if (first.includes(LINE_FEED)) break
  }
  const [line = ''] = first.toString().split('\n', 1)
  const parser = parse({
    delimiter:
      delimiters.find((each) => line.split(each).length >= Math.max(2, columns)) ?? delimiters[0]!,
    raw: true,
    relax_column_count: true,
    relax_quotes: true,
    ...(isTabbed && { quote: false }),
  })
  async function* all(): AsyncGenerator<Buffer> {
    yield first
    for (let next = await iterator.next(); !next.done; next = await iterator.next())
      yield next.value
  }
  // its errors come out of the parser
  connect(Readable.from(all()), parser, () => undefined)
  yield* parser as AsyncIterable<Parsed>
}

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', '\\': '\\' }

const unescaped = (cell: string): string =>
  cell.replace(/\\([tnr\\])/g, (_, letter: string) => ESCAPES[letter] as string)
