import { kafkaSink } from '../kafka/sink.ts'
import type { Blueprint, Pipeline } from '../pipeline.ts'
import type { Format } from '../s3/format/format.ts'
import { jsonLines } from '../s3/format/json-lines.ts'
import { type S3Options, s3Sink } from '../s3/sink.ts'
import type { Sink } from '../sink.ts'

type Values = Readonly<Record<string, unknown>>

/** Values of all of a pipeline's own options: those that are given, and defaults. */
export const valuesOf = ({ options }: Pipeline, given: Values = {}): Values =>
  Object.fromEntries(
    Object.entries(options).map(([name, { initial }]) => [name, given[name] ?? initial]),
  )

/** A pipeline's streams with the sinks that a run has. @throws SluiceError 'config' for what cannot run */
export const blueprintOf = (pipeline: Pipeline, values: Values): Blueprint =>
  pipeline.build({ s3: s3Sink, kafkaTo: kafkaSink }, values)

/** What stands around the rows of objects. */
export type ObjectFrame = Pick<Format<never>, 'contentType' | 'header' | 'separator' | 'footer'>

/** By sink, what stands around the rows of its objects. @throws SluiceError 'config' for what cannot run */
export function framesOf(pipeline: Pipeline, values: Values): ReadonlyMap<string, ObjectFrame> {
  const frames = new Map<string, ObjectFrame>()
  const s3 = <T>(options: S3Options<T>): Sink<T> => {
    const sink = s3Sink(options)
    frames.set(sink.id, options.format ?? jsonLines())
    return sink
  }
  pipeline.build({ s3, kafkaTo: kafkaSink }, values)
  return frames
}

/** Records over this many bytes are rejected by reference: what a pipeline's option of that name says, `Infinity` where it has none. */
export const maxRecordBytesOf = ({ maxRecordBytes }: Values): number =>
  typeof maxRecordBytes === 'number' ? maxRecordBytes : Infinity
