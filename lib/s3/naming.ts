import { SYSTEM } from '../commit/chain.ts'
import { TOKEN } from '../commit/publish.ts'
import { messageOf } from '../errors.ts'
import type { ObjectSettings, Tags } from '../ports.ts'
import type { SinkBinding } from '../sink.ts'
import { idOf } from '../topics.ts'
import {
  type FirstFacts,
  isKnownLate,
  isUniqueName,
  type ObjectFacts,
  objectKey,
  type ObjectName,
} from './object-name.ts'
import { problemWithTags } from './object-settings.ts'
import type { Once } from './once.ts'
import type { Named, OpenObject } from './open-object.ts'
import { checkedFolder } from './partitioner/folder.ts'

/** What decides how a sink's objects are called, and what they are put with. */
export interface NamingOptions {
  readonly sink: string
  readonly name: ObjectName
  /** In place of `name`: names that are settled when their objects are staged. */
  readonly once: Once<unknown> | undefined
  readonly extension: string
  readonly settings: ObjectSettings
  /** Depending on the object, instead of those of `settings`. */
  readonly tagsOf: ((object: FirstFacts) => Tags) | undefined
}

const LONGEST = { lastOffset: Number.MAX_SAFE_INTEGER, rows: Number.MAX_SAFE_INTEGER }

/** More objects of one name than there will be. */
const HIGHEST = 1_000_000_000

/** Gives the objects of a sink their names: valid for the running epoch, since an object is published by the commit that ends it, or named anew. */
export class Naming {
  readonly #options: NamingOptions
  readonly #binding: SinkBinding
  /** Whether a key may be somebody else's. */
  readonly mayBeTaken: boolean
  /** Whether a name is made when its object is finished, and no sooner. */
  readonly isKnownLate: boolean
  /** Whether it is not even then, but when its object is staged. */
  readonly isSettledLate: boolean
  #ordinal = 0

  constructor(options: NamingOptions, binding: SinkBinding) {
    this.#options = options
    this.#binding = binding
    this.mayBeTaken = options.once === undefined && !isUniqueName(options.name)
    this.isSettledLate = options.once !== undefined
    this.isKnownLate = options.once !== undefined || isKnownLate(options.name)
  }

  /** The name of an object that is finished, or that is about to be sent. */
  next(object: OpenObject): Named {
    const named = this.#named(object)
    this.#ordinal++
    return named
  }

  /** The nth key, from 0, that an object may have whose name is settled late, if there are as many. */
  candidate(object: OpenObject, nth: number): string | undefined {
    const { sink, once, extension } = this.#options
    const name = once?.candidate(object, nth)
    return name && objectKey(sink, object.folder, `${name}.${extension}`)
  }

  /** The epoch is over. */
  restart(): void {
    this.#ordinal = 0
  }

  /** Why an object that begins like this cannot be: its folder is none, its name cannot be made, or its key cannot be kept. */
  problemWith(object: OpenObject): string | undefined {
    try {
      if (object.folder !== '') checkedFolder(object.folder)
      // as long as they can become: later on nothing can be refused
      const { key: first, settings } = this.#named({ ...object, ...LONGEST })
      const key = this.candidate(object, HIGHEST) ?? first
      if (key.startsWith(SYSTEM)) return `it lies in ${SYSTEM}, which holds what is not the user's`
      return this.#binding.store.problemWith(key) ?? problemWithTags(settings.tags ?? {})
    } catch (error) {
      return messageOf(error)
    }
  }

  /** What the running epoch writes into the metadata of its objects: whose they are. */
  tokens(): (ordinal: number) => string {
    const { instance, lane } = this.#binding
    const { commit, owner } = this.#binding.epoch()
    const { pipeline, topic, partition, stage } = lane
    // metadata has to be ASCII
    const sink = encodeURI(this.#options.sink)
    return (ordinal) =>
      [instance, pipeline, topic, partition, stage, commit, owner, sink, ordinal].join('/')
  }

  /** What an upload bears that begins before its object is finished. */
  token({ ordinal }: Named): Record<string, string> {
    return { [TOKEN]: this.tokens()(ordinal) }
  }

  #named(object: OpenObject): Named {
    const { lane, instance } = this.#binding
    const { sink, name, extension, settings, tagsOf } = this.#options
    const facts: ObjectFacts = {
      pipeline: lane.pipeline,
      instance,
      topic: lane.topic,
      partition: lane.partition,
      lane: idOf(lane),
      commitIndex: this.#binding.epoch().commit,
      ordinal: this.#ordinal,
      prefix: sink,
      folder: object.folder,
      firstOffset: object.firstOffset,
      lastOffset: object.lastOffset,
      rows: object.rows,
      nth: object.nth,
      firstTime: object.firstTime,
      extension,
    }
    return {
      key: this.candidate(object, 0) ?? objectKey(sink, object.folder, name(facts)),
      ordinal: facts.ordinal,
      settings: tagsOf ? { ...settings, tags: tagsOf(facts) } : settings,
    }
  }
}
