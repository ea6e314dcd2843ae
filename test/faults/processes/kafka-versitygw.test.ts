import test from 'ava'
import { type Services, startServices } from '../../../lib/services/index.ts'
import { testZombies } from './zombies.ts'

let services: Services<'kafka' | 'versitygw'>

test.before(async () => {
  services = await startServices(['kafka', 'versitygw'])
})

test.after.always(() => services?.remove())

testZombies('Kafka and versitygw', () => services.environment)
