import test from 'ava'
import { type Services, startServices } from '../../../lib/services/index.ts'
import { testAnswers } from './answers.ts'
import { testCrowds } from './crowds.ts'
import { testKills, testRecovery } from './kills.ts'
import { testZombies } from './zombies.ts'

let services: Services<'kafka' | 'versitygw'>

test.before(async () => {
  services = await startServices(['kafka', 'versitygw'])
})

test.after.always(() => services?.remove())

const variables = (): Readonly<Record<string, string>> => services.environment

testAnswers('Kafka and versitygw', variables)
testKills('Kafka and versitygw', variables, ['claim', 'part', 'commit', 'publish', 'produce'])
testRecovery('Kafka and versitygw', variables)
testZombies('Kafka and versitygw', variables)
testCrowds('Kafka and versitygw', variables, () => services.versitygw)
