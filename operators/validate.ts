import { SluiceError } from '../lib/errors.ts'
import { withValue } from '../lib/message.ts'
import { type Operator, operator } from '../lib/operator.ts'

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

export interface ValidateOptions<Transform extends boolean> {
  /**
   * Pass on what the schema makes of an event: defaults filled in, unknown fields stripped. Otherwise the event itself is passed on. Default: false.
   */
  transform?: Transform
}

type Validated<Input, Output, Transform> = Transform extends true ? Output : Input

/** How the reason of an event that does not fit its schema begins. */
export const INVALID = 'invalid event'

/**
 * Reject the events that do not fit a schema, with every problem named. What passes is typed by the schema: as its input, or with `transform`
 * as its output. The schema must answer synchronously.
 *
 * Holds nothing; a restart or a duplicate means nothing to it.
 */
export function validate<Input, Output, Transform extends boolean = false>(
  schema: StandardSchema<Input, Output>,
  { transform }: ValidateOptions<Transform> = {},
): Operator<unknown, Validated<Input, Output, Transform>> {
  return operator<unknown, unknown>('validate', () => ({
    message(message, out) {
      const result = schema['~standard'].validate(message.value)
      if (result instanceof Promise) throw asynchronous(schema['~standard'].vendor)
      if (result.issues) {
        const problems = result.issues.map(describe)
        out.reject(message, summaryOf(problems), problems)
      } else {
        out.emit(transform ? withValue(message, result.value) : message)
      }
    },
  })) as Operator<unknown, Validated<Input, Output, Transform>>
}

function summaryOf([first = 'refused without a reason', ...others]: readonly string[]): string {
  const more = others.length > 0 ? ` (and ${others.length} more)` : ''
  return `${INVALID}: ${first}${more}`
}

function describe({ message, path = [] }: Issue): string {
  const place = path
    .map((step) => (typeof step === 'object' ? step.key : step))
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
  return place === '' ? message : `${place.replace(/^\./, '')}: ${message}`
}

const asynchronous = (vendor: string): SluiceError =>
  new SluiceError(
    'config',
    `validate needs a schema that answers at once, but this one of ${vendor} returned a promise; take its asynchronous checks out`,
  )
