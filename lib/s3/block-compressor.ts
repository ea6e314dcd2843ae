import { onThread } from '../thread-pool.ts'
import { BLOCK, type Compression } from './compression.ts'

/** Blocks that wait for a thread or for their turn before whoever reads ahead of them waits too. */
const AHEAD = 8

/** Is told of each block in the order of the bytes: what came out of it, and how many bytes went in. */
export type TakeBlock = (compressed: Buffer, original: number) => void

/** Compresses what it is given in blocks of equal size, several at a time, and hands them on in their order. */
export class BlockCompressor {
  readonly #compression: Compression
  readonly #take: TakeBlock
  readonly #underWay: Promise<void>[] = []
  #waiting: Buffer[] = []
  #size = 0
  #tail: Promise<void> | undefined

  constructor(compression: Compression, take: TakeBlock) {
    this.#compression = compression
    this.#take = take
  }

  /** Add bytes, which have to stay as they are until they are handed on. */
  add(bytes: Buffer): void {
    for (let at = 0; at < bytes.length;) {
      const piece = bytes.subarray(at, at + BLOCK - this.#size)
      this.#waiting.push(piece)
      this.#size += piece.length
      at += piece.length
      if (this.#size === BLOCK) this.#compress()
    }
  }

  /** Resolves when few blocks are under way. */
  async room(): Promise<void> {
    await this.#underWay.at(-AHEAD)
  }

  /** Compress what is left; resolves when everything is handed on. Even nothing becomes a block, since no bytes at all are not a compressed file. */
  async end(): Promise<void> {
    if (this.#size > 0 || this.#tail === undefined) this.#compress()
    await this.#tail
  }

  #compress(): void {
    const block = joined(this.#waiting)
    this.#waiting = []
    this.#size = 0
    const compressed = onThread(() => this.#compression.compress(block))
    const before = this.#tail
    const turn = compressed.then(async (bytes) => {
      await before
      this.#take(bytes, block.length)
    })
    // seen by whoever awaits the end; never unhandled
    turn.catch(() => undefined)
    this.#tail = turn
    this.#underWay.push(turn)
    if (this.#underWay.length > AHEAD) void this.#underWay.shift()
  }
}

const joined = (pieces: readonly Buffer[]): Buffer =>
  pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces)
