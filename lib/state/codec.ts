/** How a value of a store becomes bytes and comes back. */
export interface Codec<T> {
  /** Name and version, part of the pipeline's fingerprint: bytes written under one are never read under another. */
  readonly name: string
  write(value: T): Uint8Array
  read(bytes: Uint8Array): T
}

const decoder = new TextDecoder()

/** Values as JSON text. `-Infinity` and `Infinity` survive; `undefined`, `NaN` and class instances do not belong in a store. */
export const json = <T>(): Codec<T> => ({
  name: 'json/1',
  write: (value) =>
    Buffer.from(
      JSON.stringify(value, (_, inner: unknown) =>
        inner === Infinity || inner === -Infinity ? { $number: String(inner) } : inner,
      ),
    ),
  read: (bytes) =>
    JSON.parse(decoder.decode(bytes), (_, inner: unknown) =>
      inner !== null && typeof inner === 'object' && '$number' in inner
        ? Number(inner.$number)
        : inner,
    ) as T,
})
