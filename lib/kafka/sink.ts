import { checkFunction, checkKnown } from '../argument-check.ts'
import type { Bundle } from '../commit/bundle.ts'
import { headersOf, producingAs, RESERVED } from '../commit/mark.ts'
import { encodeMessage, type OutboxMessage, type OutboxSegment } from '../commit/outbox.ts'
import { messageOf, SluiceError } from '../errors.ts'
import { jsonText } from '../json-text.ts'
import type { Message } from '../message.ts'
import { RowBuffer } from '../row-buffer.ts'
import type { Sink, SinkBinding, SinkEpoch, StagedEpoch } from '../sink.ts'
import { type Refusal, SinkStream } from '../sink-stream.ts'
import { isTopicName } from '../topics.ts'
import { recordSize, RECORDS_AT } from './record-batch.ts'

export interface KafkaSinkOptions<T> {
  /** Where messages go: a topic that is there, and another than the pipeline's own. One sink, one topic. */
  readonly topic: string
  /** What a message is keyed by: equal keys, one partition, in order. null for none: such messages go to all partitions in turn. */
  readonly key: (event: T) => string | Uint8Array | null
  /** What a message says: text and bytes as they are, null for a tombstone, anything else as JSON text. The event itself, unless said otherwise. */
  readonly value?: (event: T) => unknown
  /** Headers besides those that tell repeats, which begin with `sluice-`. */
  readonly headers?: (event: T) => Readonly<Record<string, string>>
  /** A message that takes more in the log, headers included, is rejected. 1 MiB unless said otherwise, which is what brokers take by default. */
  readonly maxBytes?: number
}

/** Most bytes of a segment, unless one message is larger: what is read back, and sent, at a time. */
const SEGMENT = 1024 * 1024

/** What a broker takes unless it is told otherwise. */
const MAX_BYTES = 1024 * 1024

const KNOWN: Readonly<Record<keyof KafkaSinkOptions<unknown>, true>> = {
  topic: true,
  key: true,
  value: true,
  headers: true,
  maxBytes: true,
}

const NO_SEPARATOR = Buffer.alloc(0)

/**
 * A Writable that has messages for a topic ready when its lane commits; they are produced after the commit, in order, each with a mark by which a reader
 * knows a repeat.
 *
 * Memory is bounded by the lane's budget: messages are charged to it until they are acknowledged. A restart produces what was committed and not yet
 * acknowledged, so the topic has each message at least once, and a reader that drops what it has seen has it exactly once.
 *
 * @throws SluiceError 'config' for options that contradict themselves, when it is built
 */
export function kafkaSink<T>(options: KafkaSinkOptions<T>): Sink<T> {
  return new KafkaSink(options as unknown as KafkaSinkOptions<unknown>)
}

class KafkaSink extends SinkStream {
  readonly id: string
  readonly place: string
  readonly topic: string
  protected readonly unbound = 'is not connected to a log: a Kafka sink works in a pipeline only'
  readonly #options: KafkaSinkOptions<unknown>
  readonly #maxBytes: number
  /** What the marks of a message take in the log at most. */
  #marks = 0
  #segments: RowBuffer[] = []

  constructor(options: KafkaSinkOptions<unknown>) {
    super()
    checkKnown('kafka.to', options, KNOWN)
    const { topic, key, value, headers, maxBytes = MAX_BYTES } = options
    check(topic, key, maxBytes)
    if (value !== undefined) checkFunction('value of kafka.to', value)
    if (headers !== undefined) checkFunction('headers of kafka.to', headers)
    this.id = `kafka:${topic}`
    this.place = `kafka topic '${topic}'`
    this.topic = topic
    this.#options = options
    this.#maxBytes = maxBytes
  }

  override bind(binding: SinkBinding): void {
    super.bind(binding)
    const [commit, ordinal] = [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]
    const mark = { ...producingAs(binding.instance, binding.lane), commit, ordinal }
    const headers = headersOf(this.topic, mark)
    this.#marks = RECORDS_AT + recordSize({ key: null, value: null, headers })
  }

  /** Nothing stays open over a commit. */
  restore(): void {}

  due(): number {
    return Infinity
  }

  protected put(message: Message<unknown>): number | Refusal {
    let bytes: Buffer
    try {
      bytes = encodeMessage(this.#fitting(message))
    } catch (error) {
      return { problem: messageOf(error) }
    }
    return this.#segmentFor(bytes).add(bytes)
  }

  protected takeEpoch(): Omit<SinkEpoch, 'kept' | 'rejected'> {
    const segments = this.#segments
    this.#segments = []
    return {
      held: segments.reduce((sum, { size }) => sum + size, 0),
      stage: (bundle) => Promise.resolve(this.#stage(segments, bundle)),
    }
  }

  /** @throws Error for what can never be produced: after the commit it would be too late to find out */
  #fitting(message: Message<unknown>): OutboxMessage {
    const key = keyOf(this.#options.key(message.value))
    const value = valueOf(message, this.#options.value)
    const headers = checkedHeaders(this.#options.headers?.(message.value))
    const size = this.#marks + recordSize({ key, value, ...(headers && { headers }) })
    if (size <= this.#maxBytes) return { key, value, headers }
    throw new RangeError(
      `too large: the message takes ${size} bytes in topic ${this.topic}, more than ${this.#maxBytes}`,
    )
  }

  #segmentFor({ length }: Buffer): RowBuffer {
    const open = this.#segments.at(-1)
    if (open && open.size + length <= SEGMENT) return open
    const next = new RowBuffer(NO_SEPARATOR)
    this.#segments.push(next)
    return next
  }

  #stage(buffers: readonly RowBuffer[], bundle: Bundle): StagedEpoch {
    if (buffers.length === 0) return { objects: [], carried: [] }
    const segments = buffers.map((buffer): OutboxSegment => {
      const count = buffer.rows
      return { ...bundle.add(...buffer.take()), count }
    })
    const count = segments.reduce((sum, segment) => sum + segment.count, 0)
    const messages = { sink: this.id, topic: this.topic, count, segments }
    return { objects: [], carried: [], messages }
  }
}

function check(topic: string, key: unknown, maxBytes: number): void {
  if (!isTopicName(topic))
    throw new SluiceError(
      'config',
      `kafka.to: a topic cannot be called '${topic}': up to 249 letters, digits, '-', '_' and '.' only`,
    )
  if (typeof key !== 'function')
    throw new SluiceError(
      'config',
      `kafka.to: key is a function of the event, or () => null for messages without a key`,
    )
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 1)
    throw new SluiceError('config', `kafka.to: maxBytes is a number of bytes, not ${maxBytes}`)
}

function keyOf(key: unknown): Uint8Array | null {
  if (key === null || key instanceof Uint8Array) return key
  if (typeof key === 'string') return Buffer.from(key)
  throw new TypeError(`its key is neither text, bytes nor null: ${typeof key}`)
}

function valueOf(
  { value, verbatim, record }: Message<unknown>,
  of: ((event: unknown) => unknown) | undefined,
): Uint8Array | null {
  if (!of && verbatim) return record.bytes
  const said = of ? of(value) : value
  if (said === null || said instanceof Uint8Array) return said
  return Buffer.from(typeof said === 'string' ? said : jsonText(said))
}

function checkedHeaders(
  headers: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> | undefined {
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (name.startsWith(RESERVED))
      throw new TypeError(`its header ${name} begins with ${RESERVED}, as only marks may`)
    if (typeof value !== 'string') throw new TypeError(`its header ${name} is no text`)
  }
  return headers
}
