import { testKills, testRecovery } from './kills.ts'

testKills('folders', () => ({}))
testRecovery('folders', () => ({}))
