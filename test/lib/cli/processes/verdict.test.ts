import test from 'ava'
import { openPorts } from '../../../../lib/cli/ports.ts'
import { verdictOf } from '../../../../lib/cli/processes/verdict.ts'
import { systemClock } from '../../../../lib/clock.ts'
import { SluiceError } from '../../../../lib/errors.ts'
import { unreachable } from '../../../../lib/kafka/unreachable.ts'
import { StoreError } from '../../../../lib/ports.ts'
import { retry } from '../../../../lib/retry.ts'
import { answering, deadPort, errorBody, servicesAt } from '../answering-services.ts'

test.before(() => {
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) process.env[name] = 'test'
})

/** What a process whose services are these ends with. */
const opening = async (variables: Record<string, string>): Promise<unknown> =>
  openPorts({ variables }).catch((error: unknown) => error)

test('a store that is away is no service', async (t) => {
  t.is(verdictOf(await opening(await servicesAt(await deadPort()))), 'no service')
})

test('a store that denies is no service', async (t) => {
  const store = await answering(t, 403, errorBody('ExpiredToken'))
  t.is(verdictOf(await opening(await servicesAt(store))), 'no service')
})

test('a broker that is away is no service', async (t) => {
  const store = await answering(t, 200, '<ListBucketResult/>')
  t.is(verdictOf(await opening(await servicesAt(store))), 'no service')
})

test('a broker that refuses the login is no service', (t) => {
  const cause = Object.assign(new Error('SASL PLAIN authentication failed'), {
    name: 'KafkaJSSASLAuthenticationError',
  })
  t.is(verdictOf(unreachable('Kafka', new Error('no broker', { cause }))), 'no service')
})

test('a store that denies what comes after its opening is none either', async (t) => {
  const denied = () => Promise.reject(new StoreError('denied', 'cannot read: AccessDenied'))
  const error = await retry(denied, { clock: systemClock }).catch((thrown: unknown) => thrown)
  t.is(verdictOf(error), 'no service')
})

test('a bucket that is not there is hopeless', async (t) => {
  const store = await answering(t, 404, errorBody('NoSuchBucket'))
  t.is(verdictOf(await opening(await servicesAt(store))), 'hopeless')
})

test('damaged data is hopeless', (t) => {
  t.is(verdictOf(new SluiceError('corrupt', 'a record is missing')), 'hopeless')
})

test('of a bug nothing is said', (t) => {
  t.is(verdictOf(new TypeError('undefined is no function')), undefined)
})
