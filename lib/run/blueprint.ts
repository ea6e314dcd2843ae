import { kafkaSink } from '../kafka/sink.ts'
import type { Blueprint, Pipeline } from '../pipeline.ts'
import { s3Sink } from '../s3/sink.ts'

type Values = Readonly<Record<string, unknown>>

/** Values of all of a pipeline's own options: those that are given, and defaults. */
export const valuesOf = ({ options }: Pipeline, given: Values = {}): Values =>
  Object.fromEntries(
    Object.entries(options).map(([name, { initial }]) => [name, given[name] ?? initial]),
  )

/** A pipeline's streams with the sinks that a run has. @throws SluiceError 'config' for what cannot run */
export const blueprintOf = (pipeline: Pipeline, values: Values): Blueprint =>
  pipeline.build({ s3: s3Sink, kafkaTo: kafkaSink }, values)

/** Records over this many bytes are rejected by reference: what a pipeline's option of that name says, `Infinity` where it has none. */
export const maxRecordBytesOf = ({ maxRecordBytes }: Values): number =>
  typeof maxRecordBytes === 'number' ? maxRecordBytes : Infinity
