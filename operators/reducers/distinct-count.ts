import { HashList } from './hash-list.ts'
import { HyperLogLog } from './hyper-log-log.ts'

/** Most values that are counted one by one. Beyond, the list would be larger than the sketch. */
const MOST_EXACT = 4096

const EXACT = 'exact:'
const SKETCH = 'hll16:'

/**
 * Counts different values by their hashes: one by one while they are few, by a HyperLogLog from then on. Which of the two depends on the values
 * only, not on their order nor on how they were merged.
 */
export class DistinctCount {
  #list = new HashList()
  /** In place of the list, once they were found to be many. */
  #sketch: HyperLogLog | undefined

  add(high: number, low: number): void {
    if (this.#sketch) return this.#sketch.add(high, low)
    this.#list.add(high, low)
    if (this.#list.length >= 2 * MOST_EXACT) this.#settle()
  }

  merge(count: DistinctCount): void {
    const own = this.#settle()
    const other = count.#settle()
    if (other instanceof HyperLogLog) this.#toSketch().merge(other)
    else if (own instanceof HyperLogLog) other.forEach((high, low) => own.add(high, low))
    else own.addAll(other)
  }

  get value(): number {
    const hashes = this.#settle()
    return hashes instanceof HashList ? hashes.size : Math.round(hashes.estimate)
  }

  write(): string {
    const hashes = this.#settle()
    const kind = hashes instanceof HashList ? EXACT : SKETCH
    return kind + hashes.write().toString('base64')
  }

  /** @param hashes pairs of a low and a high word, at most 4,096, in ascending order */
  static of(hashes: Uint32Array<ArrayBuffer>): DistinctCount {
    const count = new DistinctCount()
    count.#list = HashList.of(hashes)
    return count
  }

  static read(written: string): DistinctCount {
    const count = new DistinctCount()
    const bytes = Buffer.from(written.slice(EXACT.length), 'base64')
    if (written.startsWith(EXACT)) count.#list = HashList.read(bytes)
    else count.#sketch = HyperLogLog.read(bytes)
    return count
  }

  /** Find out whether they are few. */
  #settle(): HashList | HyperLogLog {
    return this.#sketch ?? (this.#list.size > MOST_EXACT ? this.#toSketch() : this.#list)
  }

  /** From here on by a sketch. */
  #toSketch(): HyperLogLog {
    if (this.#sketch) return this.#sketch
    const sketch = new HyperLogLog()
    this.#list.forEach((high, low) => sketch.add(high, low))
    this.#list = new HashList()
    return (this.#sketch = sketch)
  }
}
