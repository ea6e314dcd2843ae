import type { Message } from '../../message.ts'

/**
 * How messages become the bytes of one object: `header`, its rows with `separator` between them, `footer`.
 *
 * A row's bytes are final. Rows can be kept joined by `separator`, one such run appended to another with one more `separator`, and
 * framed when the object closes; nothing is ever read back.
 */
export interface Format<in T> {
  /** The end of an object's name, without a dot. */
  readonly extension: string
  readonly contentType: string
  readonly header: string
  readonly separator: string
  readonly footer: string
  /**
   * The row of one message: text, or bytes that still belong to the message and have to be copied.
   *
   * @throws TypeError for a message that this format cannot write; the sink rejects it.
   */
  row(message: Message<T>): string | Buffer
}
