import xxhash from 'xxhash-wasm'

const xxh = await xxhash()

// Part of what is written: state and partials hold hashes, so neither seed may ever change.
const FIRST_SEED = 0n
const SECOND_SEED = 0x9e37_79b9_7f4a_7c15n

const UUID_LENGTH = 36
const DASH = 45

const NIBBLES = new Int8Array(128).fill(-1)
for (let value = 0; value < 16; value++) NIBBLES[value.toString(16).charCodeAt(0)] = value

/** The 64-bit xxHash of a text's UTF-8 bytes, the same on every machine and for ever. */
export const hash64 = (text: string): bigint => xxh.h64(text, FIRST_SEED)

/** Writes 128-bit identities of texts, each time into the same four words. */
export function identityWriter(): (text: string) => Uint32Array {
  const words = new Uint32Array(4)
  const bytes = new Uint8Array(words.buffer)
  const view = new DataView(words.buffer)
  return (text) => {
    if (!writeUuid(text, bytes)) {
      view.setBigUint64(0, xxh.h64(text, FIRST_SEED), true)
      view.setBigUint64(8, xxh.h64(text, SECOND_SEED), true)
    }
    return words
  }
}

/** The 16 bytes of a UUID in its usual text with lower-case letters; false when the text is anything else. */
function writeUuid(text: string, into: Uint8Array): boolean {
  if (text.length !== UUID_LENGTH || !hasDashes(text)) return false
  for (let at = 0, byte = 0; byte < 16; byte++, at += 2) {
    if (text.charCodeAt(at) === DASH) at++
    const value = (nibble(text, at) << 4) | nibble(text, at + 1)
    if (value < 0) return false
    into[byte] = value
  }
  return true
}

const hasDashes = (text: string): boolean =>
  text.charCodeAt(8) === DASH &&
  text.charCodeAt(13) === DASH &&
  text.charCodeAt(18) === DASH &&
  text.charCodeAt(23) === DASH

const nibble = (text: string, at: number): number => NIBBLES[text.charCodeAt(at)] ?? -1
