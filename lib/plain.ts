import type { Message, SourceRecord } from './message.ts'

/** Where an event comes from that no log was read for. */
export const nowhere: SourceRecord = {
  topic: '',
  partition: -1,
  offset: -1,
  timestamp: -1,
  key: null,
  headers: undefined,
  bytes: null,
}

const isMessage = (item: unknown): item is Message<unknown> =>
  item !== null &&
  typeof item === 'object' &&
  'record' in item &&
  'watermark' in item &&
  'verbatim' in item

/** A message as it is, and any other value as a message that carries it: what lets operators and sinks be used with plain events. */
export const plainMessage = (item: unknown): Message<unknown> =>
  isMessage(item)
    ? item
    : {
        value: item,
        time: -Infinity,
        watermark: -Infinity,
        record: nowhere,
        index: 0,
        verbatim: false,
      }
