import pLimit, { type LimitFunction } from 'p-limit'
import { AnswerCache } from './answer-cache.ts'
import { type Failure, Outcome, RecordedAnswers } from './answers.ts'
import { checkFunction, checkKnown } from './argument-check.ts'
import { checkDuration, type Duration } from './duration.ts'
import { SluiceError } from './errors.ts'
import { whyNotJson } from './json-value.ts'
import type { Message } from './message.ts'
import { type Operator, operator, type Out, type Outside } from './operator.ts'
import { backOff } from './retry.ts'

/** One attempt. */
export interface Call {
  /** Aborted when the attempt has taken too long, and when the lane stops. */
  readonly signal: AbortSignal
}

/** What the author of an operator writes that asks somebody outside. Every message has one answer or one failure, and is handed on in order. */
export interface Question<I, A, O> {
  /** Ask. A throw, a rejection or an answer that JSON cannot hold is a failed attempt. */
  ask(value: I, call: Call): A | Promise<A>
  answered(message: Message<I>, answer: A, out: Out<O>): void
  failed(message: Message<I>, failure: Failure, out: Out<O>): void
}

/** Keep answers for a while, and ask once for all messages of one key that come meanwhile. */
export interface CacheOptions<T> {
  /** Most answers that are kept, for each lane; the one used longest ago makes room. */
  size: number
  /** How long an answer holds, on the wall clock. */
  age: Duration
  /** Events of one key have one answer. */
  by: (event: T) => string
}

export interface AskingOptions<T> {
  /** Most calls at a time, for each lane. Default: 16. */
  concurrency?: number
  /** How long an attempt may take. Default: 10 s. */
  timeout?: Duration
  /** How often a failed call is tried again, after exponential back-off with jitter. Default: 3. */
  retries?: number
  /** Unless said otherwise nothing is kept. */
  cache?: CacheOptions<T>
  /** Another name, required where a pipeline has a second one. */
  as?: string
}

/**
 * Turn a question to somebody outside into an operator, the only kind that waits. Calls run at once within a chunk, which goes on when all of them
 * are over; so nothing overtakes, and barriers and watermarks stay where they are. The lane keeps the answers with its commit.
 *
 * @throws SluiceError 'config' that names the option
 */
export function asyncOperator<I, A, O>(
  name: string,
  question: Question<I, A, O>,
  options: AskingOptions<I> = {},
): Operator<I, O> {
  checkOptions(name, options)
  return operator<I, O>(
    name,
    () => {
      const inquiry = new Inquiry(question, options)
      let outcomes: readonly Outcome[] = []
      let next = 0
      return {
        prepare(messages, outside) {
          next = 0
          const { answers } = outside
          if (answers instanceof RecordedAnswers) {
            outcomes = messages.map(() => answers.next())
            return undefined
          }
          const take = (all: readonly Outcome[]): void => {
            outcomes = all
            if (answers) for (const outcome of all) answers.add(outcome)
          }
          const all = messages.map(({ value }) => inquiry.outcome(value, outside))
          const isUnderWay = all.some((outcome) => outcome instanceof Promise)
          if (isUnderWay) return Promise.all(all.map(async (outcome) => outcome)).then(take)
          take(all as Outcome[])
          return undefined
        },

        message(message, out) {
          const { answer, failure } = outcomes[next++] as Outcome
          if (failure) question.failed(message, failure, out)
          else question.answered(message, answer as A, out)
        },
      }
    },
    { as: options.as, external: true },
  )
}

function checkOptions(name: string, options: AskingOptions<never>): void {
  const { concurrency = 16, timeout = 1, retries = 0, cache } = options
  checkCount(`concurrency of ${name}`, concurrency, 1)
  checkCount(`retries of ${name}`, retries, 0)
  checkDuration(`timeout of ${name}`, timeout, 1)
  if (!cache) return
  checkKnown(`cache of ${name}`, cache, { size: true, age: true, by: true })
  checkFunction(`cache.by of ${name}`, cache.by)
  checkCount(`cache.size of ${name}`, cache.size, 1)
  checkDuration(`cache.age of ${name}`, cache.age, 1)
}

function checkCount(option: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return
  throw new SluiceError(
    'config',
    `${option} must be a whole number of at least ${least}, not ${value}`,
  )
}

/** The calls of one operator in one lane. */
class Inquiry<I, A> {
  readonly #question: Question<I, A, unknown>
  readonly #timeout: Duration
  readonly #retries: number
  readonly #limit: LimitFunction
  readonly #by: ((event: I) => string) | undefined
  readonly #cache: AnswerCache | undefined
  readonly #underWay = new Map<string, Promise<Outcome>>()

  constructor(question: Question<I, A, never>, options: AskingOptions<I>) {
    const { concurrency = 16, timeout = 10_000, retries = 3, cache } = options
    this.#question = question as Question<I, A, unknown>
    this.#timeout = timeout
    this.#retries = retries
    this.#limit = pLimit(concurrency)
    this.#by = cache?.by
    this.#cache = cache && new AnswerCache(cache.size, cache.age)
  }

  /** What comes of asking for one event: at once where it is known. Rejects only when the operator is destroyed. */
  outcome(value: I, outside: Outside): Outcome | Promise<Outcome> {
    if (!this.#by || !this.#cache) return this.#limit(() => this.#call(value, outside))
    let key: string
    try {
      key = textOf(this.#by(value))
    } catch (error) {
      return Outcome.failed(error, 0)
    }
    return (
      this.#cache.get(key, outside.clock.now()) ??
      this.#underWay.get(key) ??
      this.#askFor(key, value, outside)
    )
  }

  async #askFor(key: string, value: I, outside: Outside): Promise<Outcome> {
    const call = this.#limit(() => this.#call(value, outside))
    this.#underWay.set(key, call)
    try {
      const outcome = await call
      if (!outcome.failure) this.#cache?.set(key, outcome, outside.clock.now())
      return outcome
    } finally {
      this.#underWay.delete(key)
    }
  }

  async #call(value: I, outside: Outside): Promise<Outcome> {
    const { clock, signal } = outside
    for (let attempts = 1; ; attempts++) {
      signal.throwIfAborted()
      try {
        return new Outcome(fit(await this.#attempt(value, outside)))
      } catch (error) {
        if (signal.aborted) throw error
        if (attempts > this.#retries) return Outcome.failed(error, attempts)
      }
      await clock.sleep(backOff(attempts - 1), signal)
    }
  }

  /** A call that does not heed its signal is left to itself. */
  async #attempt(value: I, { clock, signal }: Outside): Promise<A> {
    const over = new AbortController()
    const call = AbortSignal.any([signal, over.signal])
    const late = clock.sleep(this.#timeout, call).then(() => {
      throw new Error(`no answer within ${this.#timeout} ms`)
    })
    late.catch(() => undefined)
    try {
      return await Promise.race([this.#question.ask(value, { signal: call }), late])
    } finally {
      over.abort()
    }
  }
}

function textOf(key: unknown): string {
  if (typeof key === 'string') return key
  throw new TypeError(`the key of an event must be a text, not ${String(key)}`)
}

/** Answers are kept with the commit. */
function fit<A>(answer: A): A {
  const why = answer === undefined ? undefined : whyNotJson(answer)
  if (why === undefined) return answer
  throw new TypeError(`the answer ${why}, which JSON cannot hold`)
}
