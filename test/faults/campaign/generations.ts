import { readTopic } from '../trial/kafka-reader.ts'

/** Where a broker keeps its groups. */
const GROUPS = '__consumer_offsets'

/** Versions of keys in it: of a group, not of an offset. */
const OF_A_GROUP = 2

/** How often a consumer group was shared out, as the broker has counted. */
export async function generationsOf(broker: string, group: string): Promise<number> {
  let highest = 0
  await readTopic(broker, GROUPS, new Map(), ({ key, value }) => {
    if (!key || !value || key.readInt16BE(0) !== OF_A_GROUP) return
    if (key.toString('utf8', 4) === group) highest = Math.max(highest, generationIn(value))
  })
  return highest
}

/** It comes after the version and the type of the protocol. */
function generationIn(value: Buffer): number {
  const type = value.readInt16BE(2)
  return value.readInt32BE(4 + type)
}
