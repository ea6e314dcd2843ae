import test from 'ava'
import { murmur2, partitionOf } from '../../lib/murmur2.ts'

const vectors: Record<string, number> = {
  '21': -973932308,
  foobar: -790332482,
  'a-little-bit-long-string': -985981536,
  'a-little-bit-longer-string': -1486304829,
  lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8: -58897971,
  abc: 479470107,
}

test('murmur2 gives the hashes of Kafka’s own clients', (t) => {
  for (const [text, hash] of Object.entries(vectors)) t.is(murmur2(Buffer.from(text)), hash, text)
})

test('a key’s partition is its hash without the sign, modulo the number of partitions', (t) => {
  t.is(partitionOf(Buffer.from('abc'), 12), 479470107 % 12)
  t.is(partitionOf(Buffer.from('foobar'), 12), (-790332482 & 0x7fffffff) % 12)
})

test('librdkafka’s consistent partitioner is the CRC-32 modulo the number of partitions', (t) => {
  t.is(partitionOf(Buffer.from('123456789'), 1_000, 'crc32'), 0xcbf43926 % 1_000)
  t.is(partitionOf(Buffer.alloc(0), 7, 'crc32'), 0)
})
