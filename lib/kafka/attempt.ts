import { type Clock, systemClock } from '../clock.ts'
import { within } from '../deadline.ts'
import { messageOf, SluiceError } from '../errors.ts'
import { errorType, LONGEST_ANSWER } from './client.ts'

/**
 * How long what may pass is tried again, in ms: a broker that has died is taken for the leader of
 * its partitions until its session ends, by default 9 s.
 */
const PATIENCE = 15_000
const PAUSE = 500

/** What a person has to change, rather than wait for. */
const refusals: Readonly<Record<string, string>> = {
  UNKNOWN_TOPIC_OR_PARTITION: 'there is no such topic',
  INVALID_TOPIC_EXCEPTION: 'a topic cannot have this name',
  INVALID_PARTITIONS: 'a topic cannot have so many partitions',
  TOPIC_AUTHORIZATION_FAILED: 'no right to use it',
  CLUSTER_AUTHORIZATION_FAILED: 'no right to create it',
  POLICY_VIOLATION: 'a policy of the brokers forbids it',
}

/**
 * Asks the brokers about a topic, for a quarter of a minute if need be. Rejects with a `SluiceError` that names
 * them and the topic: `config` where they refuse, `service` where they do not answer.
 */
export async function attempt<T>(
  place: string,
  topic: string,
  action: () => Promise<T>,
  clock: Clock = systemClock,
): Promise<T> {
  const until = clock.now() + PATIENCE
  for (;;) {
    try {
      return await within(LONGEST_ANSWER, action(), clock)
    } catch (error) {
      const refusal = refusals[errorType(error) ?? '']
      if (refusal === undefined && clock.now() < until) {
        await clock.sleep(PAUSE)
        continue
      }
      const code = refusal === undefined ? 'service' : 'config'
      const message = `${place}: topic "${topic}": ${refusal ?? messageOf(error)}`
      throw new SluiceError(code, message, { cause: error })
    }
  }
}
