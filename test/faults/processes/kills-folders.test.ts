import { testKills } from './kills.ts'

testKills('folders', () => ({}))
