import { HashSet } from './hash-set.ts'
import { HyperLogLog } from './hyper-log-log.ts'

/** Most values that are counted one by one. Beyond, the set would be larger than the sketch. */
const MOST_EXACT = 4096

const EXACT = 'exact:'
const SKETCH = 'hll16:'

/**
 * Counts different values by their hashes: one by one while they are few, by a HyperLogLog from then on. Which of the two depends on the values
 * only, not on their order nor on how they were merged.
 */
export class DistinctCount {
  #hashes: HashSet | HyperLogLog = new HashSet()

  add(high: number, low: number): void {
    this.#hashes.add(high, low)
    if (this.#hashes instanceof HashSet && this.#hashes.size > MOST_EXACT) this.#sketch()
  }

  merge(count: DistinctCount): void {
    const other = count.#hashes
    if (other instanceof HyperLogLog) this.#sketch().merge(other)
    else other.forEach((high, low) => this.add(high, low))
  }

  get value(): number {
    const hashes = this.#hashes
    return hashes instanceof HashSet ? hashes.size : Math.round(hashes.estimate)
  }

  write(): string {
    const kind = this.#hashes instanceof HashSet ? EXACT : SKETCH
    return kind + this.#hashes.write().toString('base64')
  }

  static read(written: string): DistinctCount {
    const count = new DistinctCount()
    const bytes = Buffer.from(written.slice(EXACT.length), 'base64')
    count.#hashes = written.startsWith(EXACT) ? HashSet.read(bytes) : HyperLogLog.read(bytes)
    return count
  }

  /** From here on by a sketch. */
  #sketch(): HyperLogLog {
    if (this.#hashes instanceof HyperLogLog) return this.#hashes
    const sketch = new HyperLogLog()
    this.#hashes.forEach((high, low) => sketch.add(high, low))
    return (this.#hashes = sketch)
  }
}
