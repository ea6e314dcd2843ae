// An exhaustive explorer: every state that a model can reach within its bounds is visited once,
// breadth first, so that the first violation found is one of the shortest.
//
// Not done here: liveness. That a run comes to its end is shown by counting the states that did
// (`outcomes`), not by proving that every fair run does.
import { hash } from 'node:crypto'

/** One atomic action of somebody, and the state it leads to. */
export interface Step<State> {
  label: string
  state: State
}

/** What can happen, and what must not. States are immutable, plain JSON values. */
export interface Model<State> {
  initial: State
  steps(state: State): Iterable<Step<State>>
  /** The representative of all states that behave alike; it may reorder, rename and forget. */
  canonical(state: State): State
  /** Says what is wrong with a state, in words, or nothing. */
  violation(state: State): string | undefined
  /** Names how a run that is over has ended; states are counted by it. */
  outcome(state: State): string | undefined
}

/** `OPEN`: the limit was reached, and no violation was found up to there. */
export interface Exploration {
  verdict: 'HOLDS' | 'BROKEN' | 'OPEN'
  states: number
  outcomes: Record<string, number>
  violation?: string
  /** Labels of the steps from the initial state to the violation. */
  trace: string[]
}

/**
 * Visit every reachable state of a model, up to the first violation.
 *
 * Memory is bounded by `limit`: about 100 bytes a state visited, and the states still to be
 * expanded. States are told apart by 128 bits of hash.
 *
 * @param limit the most states to visit; two million unless told
 */
export function explore<State>(model: Model<State>, limit = 2_000_000): Exploration {
  const keys: string[] = []
  const parents: number[] = []
  const waiting: (string | undefined)[] = []
  const seen = new Set<string>()
  const outcomes: Record<string, number> = {}

  function visit(state: State, parent: number): string | undefined {
    const representative = model.canonical(state)
    const json = JSON.stringify(representative)
    const key = keyOf(json)
    if (seen.has(key)) return undefined
    seen.add(key)
    keys.push(key)
    parents.push(parent)
    waiting.push(json)
    const outcome = model.outcome(representative)
    if (outcome !== undefined) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
    return model.violation(representative)
  }

  function broken(violation: string): Exploration {
    const trace = retrace(model, pathTo(keys.length - 1, keys, parents))
    return { verdict: 'BROKEN', states: keys.length, outcomes, violation, trace }
  }

  const atOnce = visit(model.initial, -1)
  if (atOnce !== undefined) return broken(atOnce)
  for (let index = 0; index < waiting.length; index++) {
    const state = JSON.parse(waiting[index]!) as State
    waiting[index] = undefined
    for (const step of model.steps(state)) {
      const violation = visit(step.state, index)
      if (violation !== undefined) return broken(violation)
    }
    if (keys.length > limit) return { verdict: 'OPEN', states: keys.length, outcomes, trace: [] }
  }
  return { verdict: 'HOLDS', states: keys.length, outcomes, trace: [] }
}

function keyOf(json: string): string {
  return hash('md5', json, 'base64')
}

function pathTo(last: number, keys: string[], parents: number[]): string[] {
  const path: string[] = []
  for (let index = last; index > 0; index = parents[index]!) path.unshift(keys[index]!)
  return path
}

/**
 * Walk a path again from the initial state. Representatives may have swapped the processes;
 * walked this way, a label names the same process from the first step to the last.
 */
function retrace<State>(model: Model<State>, path: string[]): string[] {
  let state = model.initial
  return path.map((key) => {
    for (const step of model.steps(state)) {
      if (keyOf(JSON.stringify(model.canonical(step.state))) !== key) continue
      state = step.state
      return step.label
    }
    throw new Error('The model is not canonical: a path cannot be walked again.')
  })
}
