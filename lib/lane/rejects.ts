import type { Message } from '../message.ts'
import type { Rejection } from '../operator.ts'
import { Flood } from './flood.ts'
import { rejectedMessage, unheard } from './rejected.ts'

export interface RejectsOptions {
  readonly pipeline: string
  readonly maxRecordBytes: number
  /** Whether the pipeline has a place for them. */
  taken(): boolean
  /** Index of the commit that the running epoch will end in. */
  commit(): number
}

/** A lane's rejects: makes messages of them, counts them by reason, and tells a flood. */
export class Rejects {
  readonly #options: RejectsOptions
  readonly #flood = new Flood()
  #reasons = new Map<string, number>()

  constructor(options: RejectsOptions) {
    this.#options = options
  }

  /**
   * As messages of the rejected flow.
   *
   * @throws SluiceError 'rejected' where the flow leads nowhere, and for a flood
   */
  messages(rejections: readonly Rejection[]): Message<unknown>[] {
    const { pipeline, maxRecordBytes } = this.#options
    const commit = this.#options.commit()
    return rejections.map((rejection) => {
      const message = rejectedMessage(rejection, pipeline, commit, maxRecordBytes)
      if (!this.#options.taken()) throw unheard(message.value)
      this.#flood.rejected(rejection)
      const reason = shortOf(rejection.reason)
      this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1)
      return message
    })
  }

  /** The epoch's rejects by reason; starts anew. */
  take(): Record<string, number> {
    const reasons = Object.fromEntries(this.#reasons)
    this.#reasons = new Map()
    return reasons
  }
}

/** Reasons begin with a few words of their kind; what follows a colon is about the one event. */
const shortOf = (reason: string): string => reason.split(':', 1)[0] as string
