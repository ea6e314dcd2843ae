import test from 'ava'
import { type ObjectStore, StoreError } from '../../../lib/ports.ts'
import { proveRights } from '../../../lib/run/rights.ts'
import { s3Sink } from '../../../lib/s3/sink.ts'
import { faultyStore, memoryStore, virtualClock } from '../../../lib/testing.ts'

const sinks = [s3Sink({ prefix: 'raw' }), s3Sink({ prefix: 'rejected' })]

test('rights are proved without a trace', async (t) => {
  const store = memoryStore()
  await proveRights(sinks, '_sluice/p/', store, virtualClock())
  t.is(store.openUploads, 0)
  t.deepEqual([...store.objects().keys()], [])
})

test('a prefix that may not be written to is named before anything is read', async (t) => {
  const clock = virtualClock()
  const denied = new StoreError('denied', 'AccessDenied')
  const store = faultyStore(memoryStore(), {
    clock,
    fault: ({ key }) => (key?.startsWith('rejected/') ? { before: denied } : undefined),
  })
  await t.throwsAsync(proveRights(sinks, '_sluice/p/', store, clock), {
    code: 'config',
    message: 'no right to write under rejected/: AccessDenied',
  })
})

test('rights are proved with all that a sink wants, and a refusal names it', async (t) => {
  const clock = virtualClock()
  const sink = s3Sink({ prefix: 'raw', acl: 'public-read', tags: { team: 'a' } })
  const inner = memoryStore()
  const wanted: unknown[] = []
  const store: ObjectStore = {
    ...inner,
    createUpload: (_, options) => {
      wanted.push(options)
      return Promise.reject(new StoreError('config', 'NotImplemented'))
    },
  }
  await t.throwsAsync(proveRights([sink], '_sluice/p/', store, clock), {
    code: 'config',
    message: 'memory does not take objects under raw/ with ACL public-read, tags: NotImplemented',
  })
  t.like(wanted[0], { acl: 'public-read', tags: { team: 'a' } })
})

test('a store that does not encrypt as a sink wants it is found out without a trace', async (t) => {
  const clock = virtualClock()
  const encryption = { algorithm: 'aws:kms', keyId: 'a' } as const
  const sink = s3Sink({ prefix: 'raw', encryption })
  const honest = memoryStore()
  await proveRights([sink], '_sluice/p/', honest, clock)
  t.deepEqual(honest.objects(), [])
  const asked: [string, unknown][] = []
  const store: ObjectStore = {
    ...memoryStore(),
    put: (key, _, options) => {
      asked.push([key, options?.encryption])
      return Promise.reject(new StoreError('config', 'it was not'))
    },
  }
  await t.throwsAsync(proveRights([sink], '_sluice/p/', store, clock), {
    code: 'config',
    message: 'memory does not take objects under raw/ with encryption aws:kms: it was not',
  })
  t.regex(asked[0]![0], /^_sluice\/p\/probe\//)
  t.deepEqual(asked[0]![1], encryption)
})
