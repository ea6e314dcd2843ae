import { problemWithKey } from '../key.ts'
import { kindOf } from './path.ts'

/**
 * What a partitioner has answered, if it can be a folder: whoever wrote it, it is a path that stays where it begins.
 *
 * @throws TypeError for any other answer
 */
export function checkedFolder(answer: unknown): string {
  if (typeof answer !== 'string')
    throw new TypeError(`the partitioner gave no folder: its answer is ${kindOf(answer)}`)
  const problem = problemWithKey(answer)
  if (problem === undefined) return answer
  throw new TypeError(
    `the partitioner gave no folder: of ${JSON.stringify(answer.slice(0, 80))}, ${problem}`,
  )
}
