import {
  type CarriedObject,
  type CommitRecord,
  type LaneName,
  RECORD_VERSION,
  type StagedObject,
} from '../../../lib/commit/record.ts'

export const lane: LaneName = { pipeline: 'views', topic: 'events', partition: 3, stage: 1 }

/** A record as a lane's first claim writes it, but for what is said otherwise. */
export const aRecord = (other: Partial<CommitRecord> = {}): CommitRecord => ({
  v: RECORD_VERSION,
  index: 1,
  kind: 'claim',
  lane,
  instance: 'a1b2c3',
  fingerprint: 'f',
  owner: 'owner',
  token: 'token',
  host: 'host/1',
  at: '2024-01-01T00:00:00.000Z',
  prevHash: null,
  from: 0,
  to: 0,
  records: 0,
  bytes: 0,
  watermark: -Infinity,
  fates: {},
  reasons: {},
  state: {},
  stateHash: '',
  carried: [],
  objects: [],
  recorded: { tick: 0, began: 0, closing: false },
  sealed: -Infinity,
  stalls: 0,
  ...other,
})

const contents = {
  rows: 2,
  rowBytes: 20,
  firstOffset: 5,
  lastOffset: 9,
  minTime: 100,
  maxTime: 200,
}

/** A small object, finished and staged in a bundle. */
export const staged = (key: string, other: Partial<StagedObject> = {}): StagedObject => ({
  ...contents,
  sink: 'raw',
  key,
  token: `token of ${key}`,
  because: 'epoch',
  contentType: 'application/json',
  bytes: 3,
  sha256: 'x',
  rowsHash: 'y',
  staged: { in: 'bundle', bundle: 'b', from: 0, to: 3 },
  ...other,
})

export const carriedIn = (...bundles: readonly string[]): CarriedObject => ({
  ...contents,
  sink: 'raw',
  folder: 'f',
  opened: 1,
  touched: 2,
  firstTime: -Infinity,
  segments: bundles.map((bundle) => ({ bundle, from: 0, to: 1, sha256: 's', rows: 1 })),
})
