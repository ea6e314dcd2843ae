import { randomUUID } from 'node:crypto'
import { link, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SluiceError } from '../errors.ts'
import { type Selection, selects } from '../topics.ts'
import { codeOf, ifThere, readJson, syncFolder, temporaryIn, writeNew } from './files.ts'
import { segmentFile } from './segment.ts'

/** A topic's folder and what is known about it. */
export interface Topic {
  readonly name: string
  readonly folder: string
  readonly partitions: number
}

interface TopicFile {
  readonly version: 1
  readonly name: string
  readonly partitions: number
  /** Random. Absent in topics that were made before they had one. */
  readonly id?: string
}

/** A topic that is known to be there. */
export const topicAt = (log: string, name: string, partitions: number): Topic => ({
  name,
  folder: folderOf(log, name),
  partitions,
})

/** The topics in a log's folder whose names are wanted. */
export async function findTopics(log: string, wanted: Selection): Promise<Topic[]> {
  const names =
    wanted instanceof RegExp
      ? ((await ifThere(readdir(log))) ?? []).filter(
          (name) => isName(name) && selects(wanted, name),
        )
      : wanted
  const found = await Promise.all(names.map((name) => findTopic(log, name)))
  return found.filter((topic) => topic !== undefined)
}

export const partitionFolder = ({ folder }: Topic, partition: number): string =>
  join(folder, String(partition))

/** The topic of this name in a log's folder, or undefined when there is none. */
export async function findTopic(log: string, name: string): Promise<Topic | undefined> {
  const folder = folderOf(log, name)
  const topic = await readJson<TopicFile>(join(folder, 'topic.json'))
  if (topic === undefined) return undefined
  if (topic.version !== 1)
    throw new SluiceError(
      'config',
      `Topic ${name} in ${log} was written by a newer version of sluice: use that version`,
    )
  if (topic.name !== name)
    throw new SluiceError(
      'config',
      `Topic ${name} cannot be told from topic ${topic.name} on this disk: choose names that differ in more than capitals`,
    )
  return { name, folder, partitions: topic.partitions }
}

/** By topic, what tells it from others of its name. */
export async function findTopicIds(
  log: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const ids = new Map<string, string>()
  for (const name of names) {
    const topic = await readJson<TopicFile>(join(folderOf(log, name), 'topic.json'))
    if (topic?.id !== undefined) ids.set(name, topic.id)
  }
  return ids
}

/** The topic of this name. @throws SluiceError `config` when there is none. */
export async function requireTopic(log: string, name: string): Promise<Topic> {
  const topic = await findTopic(log, name)
  if (topic !== undefined) return topic
  throw new SluiceError(
    'config',
    `There is no topic ${name} in ${log}: write events to it first, or choose another with --topic`,
  )
}

/** Make a topic unless it is there. Of two who make it at the same time, the first decides on the number of partitions. */
export async function createTopic(log: string, name: string, partitions: number): Promise<void> {
  if ((await findTopic(log, name)) !== undefined) return
  const folder = folderOf(log, name)
  for (let partition = 0; partition < partitions; partition++) {
    const segments = join(folder, String(partition))
    await mkdir(segments, { recursive: true })
    await writeFile(segmentFile(segments, 0), '', { flag: 'a' })
  }
  const temporary = temporaryIn(folder)
  const topic: TopicFile = { version: 1, name, partitions, id: randomUUID() }
  await writeNew(temporary, [Buffer.from(JSON.stringify(topic))])
  try {
    await link(temporary, join(folder, 'topic.json'))
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  } finally {
    await rm(temporary)
  }
  await syncFolder(folder)
}

/** Names are those that Kafka takes, but for one that begins with a dot. */
const isName = (name: string): boolean => /^[a-zA-Z0-9_-][a-zA-Z0-9._-]{0,248}$/.test(name)

function folderOf(log: string, name: string): string {
  if (isName(name)) return join(log, name)
  throw new SluiceError(
    'config',
    `"${name}" cannot be the name of a topic in ${log}: use letters, digits, ".", "_" and "-", at most 249 and not a "." first`,
  )
}
