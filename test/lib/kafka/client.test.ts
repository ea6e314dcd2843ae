import test from 'ava'
import { type Broker, send } from '../../../lib/kafka/client.ts'

const REQUEST = {
  apiKey: 1,
  apiVersion: 11,
  apiName: 'Fetch',
  body: Buffer.alloc(0),
  decode: () => ({}),
}

for (const [name, isLeft] of [
  ['KafkaJSConnectionClosedError', true],
  ['KafkaJSRequestTimeoutError', true],
  ['KafkaJSProtocolError', false],
] as const)
  test(`after a ${name} the connection is ${isLeft ? 'left' : 'kept'}`, async (t) => {
    let isConnected = true
    const broker = {
      connectionPool: { send: () => Promise.reject(Object.assign(new Error('no'), { name })) },
      async disconnect() {
        isConnected = false
      },
    } as unknown as Broker
    await t.throwsAsync(send(broker, REQUEST), { name })
    t.is(isConnected, !isLeft)
  })
