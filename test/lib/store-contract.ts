import { randomUUID } from 'node:crypto'
import type { ExecutionContext } from 'ava'
import { sha256 } from '../../lib/commit/record.ts'
import type { ObjectStore, StreamedBody } from '../../lib/ports.ts'

/** The least size of a part that is not the last, in bytes. */
const PART = 5 * 1024 * 1024

const bytes = (text: string): Buffer => Buffer.from(text)

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

/** What is known of an object besides its time. */
export async function sizeAndMetadata(store: ObjectStore, key: string) {
  const { size, metadata } = (await store.head(key))!
  return { size, metadata }
}

/**
 * What every object store of the project does, as tests. Stores may share a bucket: each test writes below a prefix of its own.
 *
 * @param test is ava's, or declares a test as it does.
 * @param open gives the store of one test; it is closed afterwards.
 */
export function storeContract(
  test: (title: string, body: (t: ExecutionContext) => Promise<void>) => void,
  open: (t: ExecutionContext) => Promise<ObjectStore>,
): void {
  const states = (
    title: string,
    holds: (t: ExecutionContext, store: ObjectStore, prefix: string) => Promise<void>,
  ): void =>
    test(title, async (t) => {
      const store = await open(t)
      t.teardown(() => store.close())
      await holds(t, store, `contract/${randomUUID()}/`)
    })

  states(
    'what was put is there with its bytes, its size and its metadata',
    async (t, store, at) => {
      const metadata = { 'commit-token': '7/b2f1/0', rows: '12' }
      const options = { metadata, contentType: 'application/json' }
      t.is(await store.put(`${at}a.json`, bytes('[1,2]'), options), 'created')
      t.deepEqual(await store.get(`${at}a.json`), bytes('[1,2]'))
      t.deepEqual(await sizeAndMetadata(store, `${at}a.json`), { size: 5, metadata })
    },
  )

  states('an object without bytes and without metadata is an object', async (t, store, at) => {
    await store.put(`${at}empty`, Buffer.alloc(0))
    t.deepEqual(await store.get(`${at}empty`), Buffer.alloc(0))
    t.deepEqual(await sizeAndMetadata(store, `${at}empty`), { size: 0, metadata: {} })
    t.deepEqual(await collect((await store.read(`${at}empty`))!), [])
  })

  states('what is not there is undefined, and may be deleted', async (t, store, at) => {
    t.is(await store.get(`${at}none`), undefined)
    t.is(await store.get(`${at}none`, { from: 0, to: 1 }), undefined)
    t.is(await store.read(`${at}none`), undefined)
    t.is(await store.head(`${at}none`), undefined)
    await t.notThrowsAsync(store.delete([`${at}none`, `${at}neither`]))
  })

  states('a range is half open and ends with the object', async (t, store, at) => {
    await store.put(`${at}a`, bytes('0123456789'))
    t.deepEqual(await store.get(`${at}a`, { from: 0, to: 3 }), bytes('012'))
    t.deepEqual(await store.get(`${at}a`, { from: 3, to: 4 }), bytes('3'))
    t.deepEqual(await store.get(`${at}a`, { from: 8, to: 99 }), bytes('89'))
  })

  states('a put replaces bytes and metadata together', async (t, store, at) => {
    await store.put(`${at}a`, bytes('one'), { metadata: { version: '1' } })
    await store.put(`${at}a`, bytes('second'), { metadata: { version: '2' } })
    t.deepEqual(await store.get(`${at}a`), bytes('second'))
    t.deepEqual(await sizeAndMetadata(store, `${at}a`), { size: 6, metadata: { version: '2' } })
  })

  states('a put without metadata leaves none of what was there', async (t, store, at) => {
    await store.put(`${at}a`, bytes('one'), { metadata: { version: '1' } })
    await store.put(`${at}a`, bytes('2'))
    t.deepEqual(await sizeAndMetadata(store, `${at}a`), { size: 1, metadata: {} })
  })

  states('a put that may only create changes nothing that is there', async (t, store, at) => {
    await store.put(`${at}a`, bytes('one'), { ifAbsent: true, metadata: { version: '1' } })
    const options = { ifAbsent: true, metadata: { version: '2' } }
    t.is(await store.put(`${at}a`, bytes('second'), options), 'exists')
    t.deepEqual(await store.get(`${at}a`), bytes('one'))
    t.deepEqual(await sizeAndMetadata(store, `${at}a`), { size: 3, metadata: { version: '1' } })
  })

  states('of 16 that create one key at a time one succeeds, whole', async (t, store, at) => {
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, i) =>
        store.put(`${at}a`, bytes(`by ${i}`), { ifAbsent: true, metadata: { by: `${i}` } }),
      ),
    )
    t.is(answers.filter((answer) => answer === 'created').length, 1)
    const winner = answers.indexOf('created')
    t.deepEqual(await store.get(`${at}a`), bytes(`by ${winner}`))
    t.deepEqual((await store.head(`${at}a`))?.metadata, { by: `${winner}` })
  })

  states('a deleted key is free again, with nothing left of it', async (t, store, at) => {
    await store.put(`${at}a`, bytes('one'), { metadata: { version: '1' } })
    await store.put(`${at}b`, bytes('b'))
    await store.delete([`${at}a`, `${at}b`])
    t.is(await store.head(`${at}a`), undefined)
    t.deepEqual(await collect(store.list(at)), [])
    t.is(await store.put(`${at}a`, bytes('two'), { ifAbsent: true }), 'created')
    t.deepEqual(await sizeAndMetadata(store, `${at}a`), { size: 3, metadata: {} })
  })

  states('a listing is in the order of the bytes of the keys', async (t, store, at) => {
    const sorted = [
      'A/x',
      'a b',
      'a-b',
      'a.b',
      'a/b c',
      'a/b-',
      'a/b/c',
      'a/b0',
      'a0',
      'b/a',
      'é',
      '😀',
    ]
    const keys = sorted.map((key) => at + key)
    for (const key of keys.toReversed()) await store.put(key, bytes(key))
    t.deepEqual(await collect(store.list(at)), keys)
    for (const key of keys) t.deepEqual(await store.get(key), bytes(key))
  })

  states('a listing is of a prefix, after a key, of at most so many', async (t, store, at) => {
    const names = ['a', 'b/1', 'b/2/x', 'b/2y', 'b/3', 'b0', 'c']
    for (const name of names) await store.put(at + name, bytes(name))
    const list = async (prefix: string, after?: string, limit?: number): Promise<string[]> => {
      const options = { limit, after: after === undefined ? undefined : at + after }
      const keys = await collect(store.list(at + prefix, options))
      return keys.map((key) => key.slice(at.length))
    }
    t.deepEqual(await list('b'), ['b/1', 'b/2/x', 'b/2y', 'b/3', 'b0'])
    t.deepEqual(await list('b/'), ['b/1', 'b/2/x', 'b/2y', 'b/3'])
    t.deepEqual(await list('b/2'), ['b/2/x', 'b/2y'])
    t.deepEqual(await list('b/2/'), ['b/2/x'])
    t.deepEqual(await list('x'), [])
    t.deepEqual(await list('', 'b/2'), ['b/2/x', 'b/2y', 'b/3', 'b0', 'c'])
    t.deepEqual(await list('', 'b/2/'), ['b/2/x', 'b/2y', 'b/3', 'b0', 'c'])
    t.deepEqual(await list('', 'b/2/x'), ['b/2y', 'b/3', 'b0', 'c'])
    t.deepEqual(await list('', 'b/zzz'), ['b0', 'c'])
    t.deepEqual(await list('b/', 'a'), ['b/1', 'b/2/x', 'b/2y', 'b/3'])
    t.deepEqual(await list('b/', 'b/1', 1), ['b/2/x'])
    t.deepEqual(await list('', undefined, 2), ['a', 'b/1'])
    t.deepEqual(await list('b/', 'c', 1), [])
  })

  states('an object of any size is stored and read back', async (t, store, at) => {
    const piece = Buffer.alloc(1_000_003, 'abcdefg')
    for (const pieces of [12, 8, 1, 0]) {
      const body = Array.from({ length: pieces }, () => piece)
      await store.store(`${at}a`, body, { metadata: { rows: '3' } })
      t.deepEqual(await sizeAndMetadata(store, `${at}a`), {
        size: pieces * piece.length,
        metadata: { rows: '3' },
      })
      const read = Buffer.concat(await collect((await store.read(`${at}a`))!))
      t.true(read.equals(Buffer.concat(body)))
    }
  })

  states(
    'a streamed body is there as a whole, and only where nothing was',
    async (t, store, at) => {
      const pieces = [Buffer.alloc(PART, 'x'), bytes('the end')]
      const body = bodyOf(pieces)
      const options = { ifAbsent: true, metadata: { commit: '9' } }
      t.is(await store.putStream(`${at}a`, body, options), 'created')
      t.deepEqual(await sizeAndMetadata(store, `${at}a`), {
        size: PART + 7,
        metadata: { commit: '9' },
      })
      t.true((await store.get(`${at}a`))?.equals(Buffer.concat(pieces)))
      t.is(await store.putStream(`${at}a`, bodyOf([bytes('other')]), options), 'exists')
      t.is(await store.putStream(`${at}a`, bodyOf([bytes('other')])), 'created')
      t.deepEqual(await store.get(`${at}a`), bytes('other'))
    },
  )

  states('a streamed body that fails is no object', async (t, store, at) => {
    const piece = Buffer.alloc(PART, 'x')
    async function* chunks(): AsyncGenerator<Buffer> {
      yield piece
      throw new Error('no more')
    }
    const body = { ...bodyOf([piece, piece]), chunks }
    await t.throwsAsync(store.putStream(`${at}a`, body), { message: /no more/ })
    t.is(await store.head(`${at}a`), undefined)
  })

  states('an upload is seen when it is completed, its parts in order', async (t, store, at) => {
    const id = await store.createUpload(`${at}a`, { metadata: { commit: '9' } })
    const second = await store.uploadPart(`${at}a`, id, 2, [bytes('the end')])
    const first = await store.uploadPart(`${at}a`, id, 1, [Buffer.alloc(PART, 'x')])
    t.deepEqual([first.number, second.number], [1, 2])
    t.is(await store.head(`${at}a`), undefined)
    t.deepEqual(await collect(store.list(at)), [])

    t.is(await store.completeUpload(`${at}a`, id, [first, second]), 'completed')
    t.deepEqual(await sizeAndMetadata(store, `${at}a`), {
      size: PART + 7,
      metadata: { commit: '9' },
    })
    t.deepEqual(await store.get(`${at}a`, { from: PART - 1, to: PART + 4 }), bytes('xthe '))
  })

  states('a part that is sent again counts as it was sent last', async (t, store, at) => {
    const id = await store.createUpload(`${at}a`)
    await store.uploadPart(`${at}a`, id, 1, [bytes('one')])
    const part = await store.uploadPart(`${at}a`, id, 1, [bytes('two')])
    t.is(await store.completeUpload(`${at}a`, id, [part]), 'completed')
    t.deepEqual(await store.get(`${at}a`), bytes('two'))
  })

  states('completing once more does no harm', async (t, store, at) => {
    const id = await store.createUpload(`${at}a`, { metadata: { commit: '9' } })
    const parts = [await store.uploadPart(`${at}a`, id, 1, [bytes('one')])]
    t.is(await store.completeUpload(`${at}a`, id, parts), 'completed')
    const again = await store.completeUpload(`${at}a`, id, parts)
    t.true(['gone', 'completed'].includes(again), again)
    t.deepEqual(await store.get(`${at}a`), bytes('one'))
    t.deepEqual(await sizeAndMetadata(store, `${at}a`), { size: 3, metadata: { commit: '9' } })
  })

  states('an aborted upload is gone, and aborting it again is fine', async (t, store, at) => {
    const id = await store.createUpload(`${at}a`)
    const parts = [await store.uploadPart(`${at}a`, id, 1, [bytes('one')])]
    await store.abortUpload(`${at}a`, id)
    t.is(await store.completeUpload(`${at}a`, id, parts), 'gone')
    t.is(await store.head(`${at}a`), undefined)
    await t.notThrowsAsync(store.abortUpload(`${at}a`, id))
  })

  states('a part for an upload that is gone is refused', async (t, store, at) => {
    const id = await store.createUpload(`${at}a`)
    await store.abortUpload(`${at}a`, id)
    await t.throwsAsync(store.uploadPart(`${at}a`, id, 1, [bytes('late')]), { name: 'StoreError' })
  })

  states('an open upload is listed, until it is completed or aborted', async (t, store, at) => {
    const key = `${at}a`
    t.deepEqual(await collect(store.uploads(key)), [])
    const [first, second] = [await store.createUpload(key), await store.createUpload(key)]
    const parts = [await store.uploadPart(key, first, 1, [bytes('one')])]
    const found = await collect(store.uploads(key))
    t.deepEqual(found.map(({ uploadId }) => uploadId).toSorted(), [first, second].toSorted())
    t.true(found.every((upload) => upload.key === key))
    await store.abortUpload(key, second)
    await store.completeUpload(key, first, parts)
    t.deepEqual(await collect(store.uploads(key)), [])
  })

  states(
    'no upload looks older than an object that was written before it was begun, but for a second',
    async (t, store, at) => {
      await store.put(`${at}before`, bytes('x'))
      await store.createUpload(`${at}a`)
      await store.put(`${at}after`, bytes('x'))
      const [upload] = await collect(store.uploads(`${at}a`))
      const [before, after] = await Promise.all(
        ['before', 'after'].map(async (name) => (await store.head(at + name))!.modified),
      )
      t.true(upload!.begun >= before! - 1_000, `${upload!.begun} and ${before!}`)
      t.true(upload!.begun <= after! + 1_000, `${upload!.begun} and ${after!}`)
    },
  )

  states('its clock, where it has one, is that by which it says when', async (t, store, at) => {
    await store.put(`${at}a`, bytes('x'))
    const { modified } = (await store.head(`${at}a`))!
    const now = (await store.time()) ?? Date.now()
    t.true(Math.abs(now - modified) < 60_000, `${now} and ${modified}`)
  })

  states('a bucket without lifecycle rules has none, as far as it tells', async (t, store) => {
    t.deepEqual((await store.lifecycle()) ?? [], [])
  })
}

const bodyOf = (pieces: readonly Buffer[]): StreamedBody => ({
  size: Buffer.concat(pieces).length,
  sha256: sha256(...pieces),
  async *chunks() {
    yield* pieces
  },
})
