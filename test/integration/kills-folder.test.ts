import test from 'ava'
import { KILLS, survivesKills } from './kills.ts'

test(`on folders, ${KILLS} kills lose nothing and double nothing`, async (t) => {
  await survivesKills(t, {})
})
