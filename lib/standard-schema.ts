import { hasMethods, kindOf } from './argument-check.ts'
import { SluiceError } from './errors.ts'

/** A schema of any library that implements Standard Schema v1 (https://standardschema.dev), such as zod, valibot or arktype. */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => Result<Output> | Promise<Result<Output>>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

type Result<Output> =
  { readonly value: Output; readonly issues?: undefined } | { readonly issues: readonly Issue[] }

interface Issue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** @throws SluiceError 'config' for what is no schema */
export function checkSchema(of: string, schema: unknown): void {
  const standard = (schema as Partial<StandardSchema> | null | undefined)?.['~standard']
  if (hasMethods(standard, ['validate'])) return
  throw new SluiceError(
    'config',
    `${of} takes a schema that speaks Standard Schema, such as one of zod, not ${kindOf(schema)}`,
  )
}

/** What is wrong, and where in the value: `address.street[0]: too short`. */
export function describe({ message, path = [] }: Issue): string {
  const place = path
    .map((step) => (typeof step === 'object' ? step.key : step))
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
  return place === '' ? message : `${place.replace(/^\./, '')}: ${message}`
}
