import { consume } from './consume.ts'

/** Baseline (a): what kafkajs alone can deliver. */
const count = await consume({ take: async () => {}, finish: async () => {} })
console.log(`${count} records`)
