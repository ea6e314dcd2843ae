import test from 'ava'
import { StoreError } from '../../../lib/ports.ts'
import { proveRights } from '../../../lib/run/rights.ts'
import { s3Sink } from '../../../lib/s3/sink.ts'
import { faultyStore, memoryStore, virtualClock } from '../../../lib/testing.ts'

const sinks = [s3Sink({ prefix: 'raw' }), s3Sink({ prefix: 'rejected' })]

test('rights are proved without a trace', async (t) => {
  const store = memoryStore()
  await proveRights(sinks, store, virtualClock())
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
  await t.throwsAsync(proveRights(sinks, store, clock), {
    code: 'config',
    message: 'no right to write under rejected/: AccessDenied',
  })
})
