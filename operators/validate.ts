import { checkKnown } from '../lib/argument-check.ts'
import { SluiceError } from '../lib/errors.ts'
import { type Message, withValue } from '../lib/message.ts'
import { type Operator, operator } from '../lib/operator.ts'
import { placeOf } from '../lib/part.ts'
import { checkSchema, describe, type StandardSchema } from '../lib/standard-schema.ts'

export interface ValidateOptions<Transform extends boolean> {
  /**
   * Pass on what the schema makes of an event: defaults filled in, unknown fields stripped. Otherwise the event itself is passed on. Default: false.
   */
  transform?: Transform
  /**
   * What becomes of an event that does not fit: `reject` sets it aside, `drop` leaves it out and counts it, `fail` stops the pipeline before anything
   * of its epoch is committed. Default: `reject`.
   */
  onInvalid?: 'reject' | 'drop' | 'fail'
}

type Validated<Input, Output, Transform> = Transform extends true ? Output : Input

/**
 * Reject the events that do not fit a schema, with every problem named; or drop them, or fail. What passes is typed by the schema: as its
 * input, or with `transform` as its output. The schema must answer synchronously.
 *
 * Holds nothing; a restart or a duplicate means nothing to it: where it has failed, it reads the event again, and fails until schema or option are
 * changed.
 *
 * @throws SluiceError 'config' for what is no schema, and for another `onInvalid`, when it is built
 */
export function validate<Input, Output, Transform extends boolean = false>(
  schema: StandardSchema<Input, Output>,
  options: ValidateOptions<Transform> = {},
): Operator<unknown, Validated<Input, Output, Transform>> {
  checkSchema('validate', schema)
  checkKnown('validate', options, { transform: true, onInvalid: true })
  const { transform, onInvalid = 'reject' } = options
  if (!['reject', 'drop', 'fail'].includes(onInvalid))
    throw new SluiceError(
      'config',
      `onInvalid of validate is reject, drop or fail, not ${String(onInvalid)}`,
    )
  return operator<unknown, unknown>('validate', () => ({
    message(message, out) {
      const result = schema['~standard'].validate(message.value)
      if (result instanceof Promise) throw asynchronous(schema['~standard'].vendor)
      if (!result.issues) return out.emit(transform ? withValue(message, result.value) : message)
      if (onInvalid === 'drop') return
      const problems = result.issues.map(describe)
      if (onInvalid === 'fail') throw failure(message, problems)
      out.reject(message, summaryOf(problems), problems)
    },
  })) as Operator<unknown, Validated<Input, Output, Transform>>
}

function summaryOf([first = 'refused without a reason', ...others]: readonly string[]): string {
  const more = others.length > 0 ? ` (and ${others.length} more)` : ''
  return `invalid event: ${first}${more}`
}

function failure(message: Message<unknown>, problems: readonly string[]): SluiceError {
  const place = placeOf(message)
  return new SluiceError(
    'rejected',
    `validate refuses ${place === '' ? 'an event' : place}: ${problems.join('; ')}. Nothing of this epoch is committed, since onInvalid is 'fail': ` +
      `mend the schema or the record's producer, or go on without such events by onInvalid: 'reject'`,
  )
}

const asynchronous = (vendor: string): SluiceError =>
  new SluiceError(
    'config',
    `validate needs a schema that answers at once, but this one of ${vendor} returned a promise; take its asynchronous checks out`,
  )
