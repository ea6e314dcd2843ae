import test from 'ava'
import { type Services, startServices } from '../../../lib/services/index.ts'
import { testAnswers } from './answers.ts'
import { testKills, testRecovery } from './kills.ts'
import { isLong } from '../../support/length.ts'
import { testZombies } from './zombies.ts'

let services: Services<'kafka' | 'minio'>

test.before(async () => {
  services = await startServices(['kafka', 'minio'])
})

test.after.always(() => services?.remove())

const variables = (): Readonly<Record<string, string>> => services.environment

// in the short form what stores may do differently: the rest is the same on versitygw
testAnswers('Kafka and MinIO', variables, [['record', 'put', 'part']], [10], true)
testKills('Kafka and MinIO', variables, ['part', 'publish'], true)
testRecovery('Kafka and MinIO', variables, ['commit.post@3'], true)
if (isLong) testZombies('Kafka and MinIO', variables, true)
