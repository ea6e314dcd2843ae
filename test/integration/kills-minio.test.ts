import test from 'ava'
import { startServices } from '../../lib/services/index.ts'
import { KILLS, survivesKills } from './kills.ts'

test(`on Kafka and minio, ${KILLS} kills lose nothing and double nothing`, async (t) => {
  const services = await startServices(['kafka', 'minio'])
  t.teardown(() => services.remove())
  await survivesKills(t, services.environment)
})
