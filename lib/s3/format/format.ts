import type { Message } from '../../message.ts'

/**
 * How messages become the bytes of one object: its `header`, its rows with `separator` between them, `footer`.
 *
 * A row's bytes are final. Rows can be kept joined by `separator`, one such run appended to another with one more `separator`, and
 * framed when the object closes; nothing is ever read back.
 */
export interface Format<in T> {
  /** The end of an object's name, without a dot. */
  readonly extension: string
  readonly contentType: string
  readonly separator: string
  readonly footer: string
  /** What else tells its rows from those of the same format with other options, such as the text of null. Nothing, unless said otherwise. */
  readonly dialect?: string
  /** What an object begins with, given what its rows share. */
  readonly header: (schema: string) => string
  /**
   * What the rows of one object share, such as its columns. `open` is that of the object that takes the folder's rows, if there is one; another answer than it
   * finishes that object, with the reason `schema`. A pure function. Without it every object has `''`.
   *
   * @throws TypeError for a message that fits no schema; the sink rejects it.
   */
  schema?(message: Message<T>, open: string | undefined): string
  /**
   * The row of one message: text, or bytes that still belong to the message and have to be copied.
   *
   * @throws TypeError for a message that this format cannot write; the sink rejects it.
   */
  row(message: Message<T>, schema: string): string | Buffer
}
