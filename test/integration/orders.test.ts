import test from 'ava'
import { startServices } from '../../lib/services/index.ts'
import { everythingSurvivesKills } from './orders.ts'

test('on Kafka and versitygw, a pipeline of everything is killed and loses nothing', async (t) => {
  const services = await startServices(['kafka', 'versitygw'])
  t.teardown(() => services.remove())
  const seed = Math.floor(Math.random() * 1e9)
  await everythingSurvivesKills(t, services.environment, { codec: 'zstd', seed, orders: 2_500 })
})
