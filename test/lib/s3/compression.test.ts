import { execFileSync } from 'node:child_process'
import { gunzipSync } from 'node:zlib'
import { fc, testProp } from '@fast-check/ava'
import test from 'ava'
import { SluiceError } from '../../../lib/errors.ts'
import { BlockCompressor } from '../../../lib/s3/block-compressor.ts'
import { BLOCK, type Compression, gzip, zstd } from '../../../lib/s3/compression.ts'
import { unzstd } from '../../support/checker/unpacked.ts'

const unpack = { gzip: gunzipSync, zstd: unzstd }

const compressions: readonly Compression[] = [
  gzip(),
  gzip({ level: 1 }),
  zstd(),
  zstd({ level: 9 }),
]

interface Block {
  readonly compressed: Buffer
  readonly original: number
}

async function blocksOf(
  compression: Compression,
  pieces: Iterable<Buffer>,
): Promise<readonly Block[]> {
  const blocks: Block[] = []
  const compressor = new BlockCompressor(compression, (compressed, original) =>
    blocks.push({ compressed, original }),
  )
  for (const piece of pieces) {
    compressor.add(piece)
    await compressor.room()
  }
  await compressor.end()
  return blocks
}

const whole = (blocks: readonly Block[]): Buffer =>
  Buffer.concat(blocks.map(({ compressed }) => compressed))

const LONG = Buffer.from(
  Array.from({ length: (4 * BLOCK) / 8 }, (_, n) => String(n).padStart(8)).join(''),
)

/** Text that shrinks, and differs everywhere. */
const text = (bytes: number): Buffer => LONG.subarray(0, bytes)

/** The same bytes in pieces of these sizes, over and over. */
function* piecesOf(bytes: Buffer, sizes: readonly number[]): Generator<Buffer> {
  for (let at = 0, n = 0; at < bytes.length; n++) {
    const size = sizes[n % sizes.length] as number
    yield bytes.subarray(at, at + size)
    at += size
  }
}

testProp(
  'what is compressed comes back, in its order, however it was cut',
  [
    fc.constantFrom(...compressions),
    fc.integer({ min: 0, max: 3 * BLOCK }),
    fc.array(fc.integer({ min: 1, max: 2 * BLOCK }), { minLength: 1, maxLength: 4 }),
  ],
  async (t, compression, size, sizes) => {
    const bytes = text(size)
    const blocks = await blocksOf(compression, piecesOf(bytes, [...sizes, BLOCK]))
    t.true(unpack[compression.name](whole(blocks)).equals(bytes))
    t.is(
      blocks.reduce((sum, { original }) => sum + original, 0),
      bytes.length,
    )
    t.true(blocks.slice(0, -1).every(({ original }) => original === BLOCK))
  },
  { numRuns: 25 },
)

for (const compression of compressions.slice(1, 3)) {
  test(`each block of ${compression.name} can be read alone`, async (t) => {
    const bytes = text(2 * BLOCK)
    const [first, second] = await blocksOf(compression, [bytes])
    t.true(unpack[compression.name](first!.compressed).equals(bytes.subarray(0, BLOCK)))
    t.true(unpack[compression.name](second!.compressed).equals(bytes.subarray(BLOCK)))
  })

  test(`nothing at all is a whole file of ${compression.name}`, async (t) => {
    const file = whole(await blocksOf(compression, []))
    t.true(file.length > 0)
    t.is(unpack[compression.name](file).length, 0)
  })
}

const readBy = (command: string, args: readonly string[], input: Buffer): Buffer =>
  execFileSync(command, args, { input, maxBuffer: 8 * BLOCK, stdio: ['pipe', 'pipe', 'ignore'] })

/** Tools that are no part of this project; a machine may have some of them. */
const readers: readonly [Compression, string, readonly string[]][] = [
  [gzip(), 'gzip', ['-dc']],
  [
    gzip(),
    'python3',
    ['-c', 'import gzip,sys; sys.stdout.buffer.write(gzip.open(sys.stdin.buffer).read())'],
  ],
  [zstd(), 'zstd', ['-dc']],
]

for (const [compression, command, args] of readers) {
  const there = isThere(command)
  const check = there ? test : test.skip
  check(`${command} reads all blocks of ${compression.name} as one file`, async (t) => {
    const bytes = text(3 * BLOCK + 8)
    const file = whole(await blocksOf(compression, [bytes]))
    t.true(readBy(command, args, file).equals(bytes))
  })
}

function isThere(command: string): boolean {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

test('a block that cannot be compressed is an error for whoever awaits the end', async (t) => {
  const broken: Compression = { ...gzip(), compress: () => Promise.reject(new Error('no memory')) }
  await t.throwsAsync(blocksOf(broken, [text(BLOCK)]), { message: 'no memory' })
})

test('a level that there is not is refused by name', (t) => {
  const refused = (make: () => Compression): string | undefined =>
    t.throws(make, { instanceOf: SluiceError, code: 'config' })?.message
  t.is(
    refused(() => gzip({ level: 10 })),
    'gzip.level is 10: it has to be a whole number from 1 to 9',
  )
  t.is(
    refused(() => gzip({ level: 0 })),
    'gzip.level is 0: it has to be a whole number from 1 to 9',
  )
  t.is(
    refused(() => zstd({ level: 2.5 })),
    'zstd.level is 2.5: it has to be a whole number from 1 to 19',
  )
})
