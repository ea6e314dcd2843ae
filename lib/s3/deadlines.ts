import { closedSize, type OpenObject } from './open-object.ts'
import { dueOf, passesAt, type Rotation } from './rotation.ts'

/** Knows which open objects may be over without looking at each of them: they are many, and this is asked often. */
export class Deadlines {
  readonly #rotation: Rotation | undefined
  readonly #open: ReadonlyMap<string, OpenObject>
  /** Nothing is due before this tick, and nothing is over by the watermark before this time. */
  #due = Infinity
  #passes = Infinity
  /** Those that have reached a limit of rows or bytes. */
  readonly #full = new Set<OpenObject>()

  constructor(rotation: Rotation | undefined, open: ReadonlyMap<string, OpenObject>) {
    this.#rotation = rotation
    this.#open = open
  }

  /** Open objects were read back. */
  restart(): void {
    this.#due = -Infinity
    this.#passes = -Infinity
  }

  /** A row was added to it. */
  touched(object: OpenObject): void {
    if (this.#rotation === undefined) return
    const { records = Infinity, bytes = Infinity } = this.#rotation
    // more rows put off either
    if (object.rows === 1) {
      this.#due = Math.min(this.#due, dueOf(this.#rotation, object))
      this.#passes = Math.min(this.#passes, passesAt(this.#rotation, object))
    }
    if (object.rows >= records || closedSize(object) >= bytes) this.#full.add(object)
  }

  closed(object: OpenObject): void {
    this.#full.delete(object)
  }

  /** The earliest tick at which one is to be closed though no more rows come; where that is not by now, perhaps an earlier one. */
  due(now: number): number {
    if (this.#due > now) return this.#due
    this.#due = Infinity
    for (const object of this.#open.values())
      this.#due = Math.min(this.#due, dueOf(this.#rotation, object))
    return this.#due
  }

  /** Objects among which those are that no row can be added to any more. */
  over(watermark: number): readonly OpenObject[] {
    if (this.#rotation === undefined || watermark < this.#passes) return [...this.#full]
    this.#passes = Infinity
    const passed: OpenObject[] = []
    for (const object of this.#open.values()) {
      const passes = passesAt(this.#rotation, object)
      if (passes <= watermark || this.#full.has(object)) passed.push(object)
      this.#passes = Math.min(this.#passes, passes)
    }
    return passed
  }
}
