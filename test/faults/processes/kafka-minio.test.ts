import test from 'ava'
import { type Services, startServices } from '../../../lib/services/index.ts'
import { testAnswers } from './answers.ts'
import { testKills, testRecovery } from './kills.ts'

let services: Services<'kafka' | 'minio'>

test.before(async () => {
  services = await startServices(['kafka', 'minio'])
})

test.after.always(() => services?.remove())

const variables = (): Readonly<Record<string, string>> => services.environment

// in the short form what stores may do differently: the rest is the same on versitygw
testAnswers('Kafka and MinIO', variables, [['record', 'put', 'part', 'complete']], [10])
testKills('Kafka and MinIO', variables, ['part', 'publish'])
testRecovery('Kafka and MinIO', variables, ['commit.post@3'])
