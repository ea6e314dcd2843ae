import type { Ports } from '../../../lib/cli/ports.ts'
import { Graph } from '../../../lib/lane/graph.ts'
import type { Group, Log, ObjectStore, Producer } from '../../../lib/ports.ts'
import type { Failpoint, Failpoints, Point } from './plan.ts'

/** Ports of which every request that the commit protocol makes is a failpoint. They know its steps by their keys and bodies. */
export function withFailpoints({ log, store, ...ports }: Ports, failpoints: Failpoints): Ports {
  return { ...ports, log: logWith(log, failpoints), store: storeWith(store, failpoints) }
}

/** Barriers are the one step that asks nothing of anybody. */
export function hurtBarriers(failpoints: Failpoints): void {
  const pass = Reflect.get(Graph.prototype, 'barrier') as Graph['barrier']
  Graph.prototype.barrier = function (this: Graph, ...args) {
    return failpoints.around('barrier', () => pass.apply(this, args))
  }
}

const isSystem = (key: string): boolean => key.startsWith('_sluice/')

/** What is done to visible objects; the probe of a store does the same to its own. */
const outside = (key: string, point: Point): Point | undefined =>
  isSystem(key) ? undefined : point

const uploadPoint = (key: string): Point | undefined =>
  outside(key, key.includes('/_sluice-may-write-') ? 'right' : 'upload')

const inLane = (key: string, point: Point): Failpoint['point'] =>
  key.includes('/merge/') ? `merge-${point}` : point

/** Claim, commit or release, as the record says of itself. */
function putPoint(key: string, body: Uint8Array): Failpoint['point'] | undefined {
  if (!isSystem(key)) return 'publish'
  if (!key.includes('/commits/')) return undefined
  const { kind } = JSON.parse(Buffer.from(body).toString()) as { kind: Point }
  return inLane(key, kind)
}

/** A part is one wherever it goes. */
function bundlePoint(key: string, point: Point): Failpoint['point'] | undefined {
  if (!key.includes('/bundles/')) return undefined
  return point === 'bundle' && key.includes('-part-') ? 'part' : inLane(key, point)
}

function storeWith(store: ObjectStore, failpoints: Failpoints): ObjectStore {
  return {
    place: store.place,
    problemWith: (key) => store.problemWith(key),
    put: (key, body, options) =>
      failpoints.around(putPoint(key, body), () => store.put(key, body, options)),
    get: (key, range) =>
      failpoints.around(bundlePoint(key, 'restore'), () => store.get(key, range)),
    putStream: (...object) =>
      failpoints.around(outside(object[0], 'publish'), () => store.putStream(...object)),
    read: (key) => store.read(key),
    head: (key) => failpoints.around(outside(key, 'look'), () => store.head(key)),
    async *list(prefix, options) {
      const keys: string[] = []
      const all = async (): Promise<void> => {
        for await (const key of store.list(prefix, options)) keys.push(key)
      }
      await failpoints.around(
        prefix.endsWith('/commits/') ? inLane(prefix, 'newest') : undefined,
        all,
      )
      yield* keys
    },
    delete: (keys) => {
      const half = Math.ceil(keys.length / 2)
      return failpoints.around(bundlePoint(keys[0] ?? '', 'collect'), () => store.delete(keys), [
        () => store.delete(keys.slice(0, half)),
        () => store.delete(keys.slice(half)),
      ])
    },
    store: (key, body, options) =>
      failpoints.around(bundlePoint(key, 'bundle'), () => store.store(key, body, options)),
    createUpload: (key, options) =>
      failpoints.around(uploadPoint(key), () => store.createUpload(key, options)),
    uploadPart: (...part) =>
      failpoints.around(outside(part[0], 'part'), () => store.uploadPart(...part)),
    completeUpload: (...upload) =>
      failpoints.around(outside(upload[0], 'publish'), () => store.completeUpload(...upload)),
    abortUpload: (key, uploadId) => store.abortUpload(key, uploadId),
    uploads: (prefix) => store.uploads(prefix),
    losesUploads: () => store.losesUploads(),
    lifecycle: () => store.lifecycle(),
    time: () => store.time(),
    close: () => store.close(),
  }
}

function logWith(log: Log, failpoints: Failpoints): Log {
  return {
    place: log.place,
    topics: (wanted) => log.topics(wanted),
    ranges: (topic) => log.ranges(topic),
    topicIds: (topics) => log.topicIds(topics),
    create: (topic, partitions) => log.create(topic, partitions),
    join: async (options) => groupWith(await log.join(options), failpoints),
    producer: async (topic) => producerWith(await log.producer(topic), failpoints),
    read: (...range) => log.read(...range),
    close: () => log.close(),
  }
}

const groupWith = (group: Group, failpoints: Failpoints): Group => ({
  subscribe: (topics) => group.subscribe(topics),
  seek: (partition, offset) => group.seek(partition, offset),
  pause: (partitions) => group.pause(partitions),
  resume: (partitions) => group.resume(partitions),
  mirror: (entries) => failpoints.around('mirror', () => group.mirror(entries)),
  readMirror: () => group.readMirror(),
  leave: () => failpoints.around('leave', () => group.leave()),
})

const producerWith = (producer: Producer, failpoints: Failpoints): Producer => ({
  get partitions() {
    return producer.partitions
  },
  get retries() {
    return producer.retries ?? 0
  },
  append: (records) => {
    const half = Math.ceil(records.length / 2)
    return failpoints.around('produce', () => producer.append(records), [
      () => producer.append(records.slice(0, half)),
      () => producer.append(records.slice(half)),
    ])
  },
  close: () => producer.close(),
})
