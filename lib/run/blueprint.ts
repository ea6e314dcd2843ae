import { kafkaSink } from '../kafka/sink.ts'
import type { Message } from '../message.ts'
import type { Blueprint, Pipeline } from '../pipeline.ts'
import type { Format } from '../s3/format/format.ts'
import { jsonLines } from '../s3/format/json-lines.ts'
import { trimmed } from '../s3/object-name.ts'
import { type S3Options, s3Sink } from '../s3/sink.ts'
import type { Sink } from '../sink.ts'

type Values = Readonly<Record<string, unknown>>

/** Told of every row that is made of a message, and for which sink. */
export type RowWatch = (sink: string, row: string | Buffer, message: Message<unknown>) => void

/** Values of all of a pipeline's own options: those that are given, and defaults. */
export const valuesOf = ({ options }: Pipeline, given: Values = {}): Values =>
  Object.fromEntries(
    Object.entries(options).map(([name, { initial }]) => [name, given[name] ?? initial]),
  )

/** A pipeline's streams with the sinks that a run has. @throws SluiceError 'config' for what cannot run */
export const blueprintOf = (pipeline: Pipeline, values: Values, watch?: RowWatch): Blueprint =>
  pipeline.build({ s3: watch ? watchedBy(watch) : s3Sink, kafkaTo: kafkaSink }, values)

const watchedBy =
  (watch: RowWatch) =>
  <T>(options: S3Options<T>): Sink<T> => {
    const format: Format<T> = options.format ?? jsonLines()
    const row: Format<T>['row'] = (message, schema) => {
      const made = format.row(message, schema)
      watch(trimmed(options.prefix), made, message)
      return made
    }
    return s3Sink({
      ...options,
      format: Object.assign(Object.create(format) as Format<T>, { row }),
    })
  }

/** Records over this many bytes are rejected by reference: what a pipeline's option of that name says, `Infinity` where it has none. */
export const maxRecordBytesOf = ({ maxRecordBytes }: Values): number =>
  typeof maxRecordBytes === 'number' ? maxRecordBytes : Infinity
