import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { crc32c } from '../../../lib/kafka/crc32c.ts'

test('the checksum is CRC-32C, by its published examples', (t) => {
  const checksum = (bytes: Uint8Array) => (crc32c(bytes) >>> 0).toString(16)
  t.is(checksum(Buffer.from('123456789')), 'e3069283')
  t.is(checksum(Buffer.alloc(32)), '8a9136aa')
  t.is(checksum(Buffer.alloc(32, 0xff)), '62a8ab43')
  t.is(checksum(Buffer.from(Array.from({ length: 32 }, (_, i) => i))), '46dd794e')
})

testProp('eight bytes a step give what one bit a step gives', [fc.uint8Array()], (t, bytes) => {
  let crc = -1
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  }
  t.is(crc32c(bytes), ~crc)
})
