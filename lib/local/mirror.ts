import type { MirrorEntry } from '../ports.ts'
import { readJson, replaceFile } from './files.ts'
import { Turns } from './turns.ts'

/** A group's mirrored entries of one topic, in a file. */
export class Mirror {
  readonly #topic: string
  readonly #file: string
  readonly #turns = new Turns()

  constructor(topic: string, file: string) {
    this.#topic = topic
    this.#file = file
  }

  async read(): Promise<MirrorEntry[]> {
    const stored = await readJson<Omit<MirrorEntry, 'topic'>[]>(this.#file)
    return (stored ?? []).map((entry) => ({ ...entry, topic: this.#topic }))
  }

  /** Replace the entries of these partitions and keep the others. */
  write(entries: readonly MirrorEntry[]): Promise<void> {
    return this.#turns.take(this.#file, async () => {
      const kept = new Map((await this.read()).map((entry) => [entry.partition, entry]))
      for (const entry of entries) kept.set(entry.partition, entry)
      await replaceFile(this.#file, JSON.stringify([...kept.values()]))
    })
  }
}
