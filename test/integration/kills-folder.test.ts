import test from 'ava'
import { survivesKills } from './kills.ts'

test('on folders, 20 kills lose nothing and double nothing', async (t) => {
  await survivesKills(t, {})
})
