import { setTimeout as sleep } from 'node:timers/promises'
import { type Death, Member, type MemberOptions } from './member.ts'

/** How often it is looked how much memory processes take, in ms. */
const MEASURED_EVERY = 250

/** How long a process that has given up is left alone, in ms. */
const PAUSE = 2_000

interface Place {
  /** Whether somebody is to be there. */
  isWanted: boolean
  member?: Member
  /** A failpoint for the next one. */
  fault: string | undefined
  /** Resolves when nobody is there any more. */
  empty: Promise<void>
}

/** Told of processes. */
export interface Audience {
  began(member: Member): void
  /** It is over, and nobody has taken its place yet. */
  died(member: Member, death: Death): void
}

/** Processes that run the pipeline, each in a place of its own: who dies is replaced at once. */
export class Crew {
  readonly #options: Omit<MemberOptions, 'number' | 'fault'>
  readonly #audience: Audience
  readonly #places: Place[]
  readonly #measuring: NodeJS.Timeout
  #started: number

  /**
   * @param places how many may be there at a time
   * @param started how many there were before
   */
  constructor(
    options: Omit<MemberOptions, 'number' | 'fault'>,
    { places, started }: { readonly places: number; readonly started: number },
    audience: Audience,
  ) {
    this.#options = options
    this.#audience = audience
    this.#started = started
    this.#places = Array.from({ length: places }, () => ({
      isWanted: false,
      fault: undefined,
      empty: Promise.resolve(),
    }))
    this.#measuring = setInterval(() => this.#measure(), MEASURED_EVERY)
  }

  /** Who is there now, by place. */
  get members(): readonly (Member | undefined)[] {
    return this.#places.map(({ member }) => (member?.isOver ? undefined : member))
  }

  /** How many processes there were. */
  get started(): number {
    return this.#started
  }

  /** Let somebody be at a place from now on. */
  come(number: number): void {
    const place = this.#places[number]!
    if (place.isWanted) return
    place.isWanted = true
    place.empty = place.empty.then(() => this.#keep(place))
  }

  /** Ask who is at a place to go, and nobody else to come. Resolves when nobody is there. */
  async leave(number: number): Promise<void> {
    const place = this.#places[number]!
    place.isWanted = false
    place.member?.signal('SIGTERM')
    await place.empty
  }

  /** Kill who is at a place; the next one gets a failpoint. */
  kill(number: number, fault?: string): void {
    const place = this.#places[number]!
    place.fault = fault
    place.member?.signal('SIGKILL')
  }

  /** Nobody is to die at a failpoint that it has not come to by now. */
  disarm(): void {
    for (const [number, place] of this.#places.entries()) {
      place.fault = undefined
      if (this.members[number]?.fault !== undefined) this.kill(number)
    }
  }

  /** Ask all to go. */
  async allLeave(): Promise<void> {
    await Promise.all(this.#places.map((_, number) => this.leave(number)))
  }

  /** Kill all, and be no more. */
  async end(): Promise<void> {
    clearInterval(this.#measuring)
    for (const place of this.#places) {
      place.isWanted = false
      place.member?.signal('SIGKILL')
    }
    await Promise.all(this.#places.map(({ empty }) => empty))
  }

  async #keep(place: Place): Promise<void> {
    while (place.isWanted) {
      const { fault } = place
      place.fault = undefined
      const member = new Member({ ...this.#options, number: this.#started++, fault })
      place.member = member
      this.#audience.began(member)
      const death = await member.over
      this.#audience.died(member, death)
      if (death.signal === null && place.isWanted) await sleep(PAUSE)
    }
    delete place.member
  }

  #measure(): void {
    for (const member of this.members) member?.measure()
  }
}
