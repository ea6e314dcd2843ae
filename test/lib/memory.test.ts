import test from 'ava'
import { Account, Budget } from '../../lib/memory.ts'

test('a budget is full when all of it is held', (t) => {
  const budget = new Budget(10)
  budget.charge(9)
  t.false(budget.full)
  budget.charge(5)
  t.true(budget.full)
  t.is(budget.used, 14)
})

test('whoever waits for room gets it when enough is given back', async (t) => {
  const budget = new Budget(10)
  budget.charge(20)
  let hasRoom = false
  const room = budget.room().then(() => (hasRoom = true))
  budget.release(5)
  await new Promise(setImmediate)
  t.false(hasRoom)
  budget.release(6)
  await room
  t.true(hasRoom)
  await budget.room()
})

test('an account gives back all that it holds when it is closed, and nothing twice', (t) => {
  const budget = new Budget(100)
  const [one, other] = [new Account(budget), new Account(budget)]
  one.charge(30)
  other.charge(20)
  one.release(10)
  t.is(one.held, 20)
  one.close()
  t.is(budget.used, 20)
  one.release(10)
  one.charge(5)
  t.is(budget.used, 20)
})

test('an account that is told what is held now charges or gives back the rest', (t) => {
  const budget = new Budget(100)
  const account = new Account(budget)
  account.settle(40)
  account.settle(15)
  t.is(account.held, 15)
  t.is(budget.used, 15)
})
