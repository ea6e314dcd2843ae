import test from 'ava'
import { startServices } from '../../lib/services/index.ts'
import { survivesKills } from './kills.ts'

test('on Kafka and versitygw, 20 kills lose nothing and double nothing', async (t) => {
  const services = await startServices(['kafka', 'versitygw'])
  t.teardown(() => services.remove())
  await survivesKills(t, services.environment)
})
