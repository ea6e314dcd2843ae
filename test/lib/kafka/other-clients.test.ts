import test from 'ava'
import { decodeRecords } from '../../../lib/kafka/fetched-records.ts'

/** Four records, as librdkafka 2.16 has compressed them and a broker has kept them. */
const librdkafka = {
  gzip: 'AAAAAAAAAAAAAAB8AAAAAALgrR0IAAEAAAADAAABi8/laAAAAAGLz+VoA///////////////////AAAABB+LCAAAAAAAAAPLYmBgYDKIKclIVShOzE1VSExPzMxTwM81YMhiYGJiMiRNlyFQFwsLkxFpuoyAutjYmIxJ02XMAAAzaz6w2AAAAA==',
  snappy:
    'AAAAAAAAAAAAAAB0AAAAAAIlYVGHAAIAAAADAAABi8/laAAAAAGLz+VoA///////////////////AAAABNgBVGoAAAACMFx0aGUgc2FtZSBhZ2FpbiB2DwAcMABqAAICAjG2NgAcMQBqAAQEAjK2NgAcMgBqAAYGAjO2NgAEMwA=',
  lz4: 'AAAAAAAAAAAAAACFAAAAAAK/j4juAAMAAAADAAABi8/laAAAAAGLz+VoA///////////////////AAAABAQiTRhgQIJFAAAA/wdqAAAAAjBcdGhlIHNhbWUgYWdhaW4gDwALjzAAagACAgIxNgAbjzEAagAEBAIyNgAbjzIAagAGBgIzNgAYUGluIDMAAAAAAA==',
  zstd: 'AAAAAAAAAAAAAAB5AAAAAAI0YKnfAAQAAAADAAABi8/laAAAAAGLz+VoA///////////////////AAAABCi1L/0AWP0BAAQDagAAAAIwXHRoZSBzYW1lIGFnYWluIDAAagACAgIxMQBqAAQEAjIyAGoABgYCMzMABAADkw9MflYmJ+JsAg==',
}

for (const [codec, batch] of Object.entries(librdkafka))
  test(`what librdkafka compresses with ${codec} is read`, async (t) => {
    const { records, next } = await decodeRecords({
      topic: 'views',
      partition: 0,
      from: 0,
      bytes: Buffer.from(batch, 'base64'),
      aborted: [],
    })
    t.deepEqual(
      records.map(({ offset, timestamp, key, bytes }) => [
        offset,
        timestamp,
        String(key),
        String(bytes),
      ]),
      [0, 1, 2, 3].map((i) => [
        i,
        1_700_000_000_000 + i,
        `${i}`,
        `${'the same again '.repeat(3)}${i}`,
      ]),
    )
    t.is(next, 4)
  })
