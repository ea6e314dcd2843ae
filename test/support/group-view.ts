import type { ExecutionContext } from 'ava'
import { type Admin, Kafka, logLevel } from 'kafkajs'

/** Who is in a consumer group, as its broker says. */
export interface GroupView {
  readonly state: string
  /** Their names in the group; who was put out of it and joins again has another one. */
  readonly members: readonly string[]
}

/** Look at groups of a broker until the test ends. */
export async function groupViews(
  t: ExecutionContext,
  broker: string,
): Promise<(group: string) => Promise<GroupView>> {
  const admin = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  t.teardown(() => admin.disconnect())
  return (group) => groupView(admin, group)
}

export async function groupView(admin: Admin, group: string): Promise<GroupView> {
  const { groups } = await admin.describeGroups([group])
  const { state, members } = groups[0]!
  return { state, members: members.map(({ memberId }) => memberId).sort() }
}
