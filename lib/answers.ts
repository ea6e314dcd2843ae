import { messageOf, SluiceError } from './errors.ts'

/** Why there is no answer. */
export interface Failure {
  /** The last error, with its class. */
  readonly error: string
  /** How often it was asked. */
  readonly attempts: number
}

/** What came of a question to somebody outside: an answer, or a failure. Several messages may share one. */
export class Outcome {
  readonly answer: unknown
  readonly failure: Failure | undefined
  #text: string | undefined

  constructor(answer: unknown, failure?: Failure) {
    this.answer = answer
    this.failure = failure
  }

  static failed(error: unknown, attempts: number): Outcome {
    const name = error instanceof Error ? error.constructor.name : typeof error
    return new Outcome(undefined, { error: `${name}: ${messageOf(error)}`, attempts })
  }

  /** As JSON. */
  get text(): string {
    return (this.#text ??= JSON.stringify({ answer: this.answer, failure: this.failure }))
  }
}

/** Bytes that an entry takes besides its text, roughly. */
const ENTRY_BYTES = 100
const NUMBER_BYTES = 8

/**
 * What an operator was answered during an epoch: every different outcome once, and for each message which of them. An epoch is a function of what its
 * commit records, so this is kept with it.
 */
export class AnswerLog {
  #numbers = new Map<string, number>()
  #which: number[] = []
  #textBytes = 0

  /** Bytes of memory that it takes, roughly. */
  get held(): number {
    return this.#textBytes + this.#numbers.size * ENTRY_BYTES + this.#which.length * NUMBER_BYTES
  }

  /** For each message, in their order. */
  add({ text }: Outcome): void {
    let number = this.#numbers.get(text)
    if (number === undefined) {
      number = this.#numbers.size
      this.#numbers.set(text, number)
      this.#textBytes += 2 * text.length
    }
    this.#which.push(number)
  }

  /** The epoch's answers as bytes, or undefined where nothing was asked; starts anew. */
  take(): Buffer | undefined {
    const [texts, which] = [[...this.#numbers.keys()], this.#which]
    this.#numbers = new Map()
    this.#which = []
    this.#textBytes = 0
    if (which.length === 0) return undefined
    const width = widthFor(texts.length)
    const head = Buffer.from(`{"width":${width},"outcomes":[${texts.join(',')}]}\n`)
    const numbers = Buffer.alloc(which.length * width)
    for (const [i, number] of which.entries()) numbers.writeUIntLE(number, i * width, width)
    return Buffer.concat([head, numbers])
  }
}

/** Bytes for a number below this. */
const widthFor = (limit: number): number => (limit <= 2 ** 8 ? 1 : limit <= 2 ** 16 ? 2 : 4)

/** What was answered when epochs ran first: with it they run again and ask nobody. */
export class RecordedAnswers {
  #outcomes: readonly Outcome[] = []
  #numbers = Buffer.alloc(0)
  #width = 1
  #at = 0

  /** @param bytes what `AnswerLog.take` made of the first epoch; absent where nothing was asked in it */
  constructor(bytes?: Buffer) {
    this.begin(bytes)
  }

  /** Another epoch begins. */
  begin(bytes: Buffer | undefined): void {
    const end = bytes ? bytes.indexOf('\n') : -1
    const { width, outcomes }: Recording = bytes
      ? (JSON.parse(bytes.toString('utf8', 0, end)) as Recording)
      : { width: 1, outcomes: [] }
    this.#outcomes = outcomes.map(({ answer, failure }) => new Outcome(answer, failure))
    this.#numbers = Buffer.from(bytes?.subarray(end + 1) ?? [])
    this.#width = width
    this.#at = 0
  }

  /** Answers that nobody has taken. */
  get left(): number {
    return (this.#numbers.length - this.#at) / this.#width
  }

  /** For each message, in their order. @throws SluiceError 'corrupt' when there were fewer of them */
  next(): Outcome {
    if (this.#at >= this.#numbers.length)
      throw new SluiceError(
        'corrupt',
        `only ${this.#at / this.#width} answers are recorded for this epoch: it is not the same input`,
      )
    const number = this.#numbers.readUIntLE(this.#at, this.#width)
    this.#at += this.#width
    return this.#outcomes[number] as Outcome
  }
}

interface Recording {
  readonly width: number
  readonly outcomes: readonly { readonly answer?: unknown; readonly failure?: Failure }[]
}
