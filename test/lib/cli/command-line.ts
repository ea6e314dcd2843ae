import { type ChildProcess, spawn } from 'node:child_process'
import { resolve } from 'node:path'
import type { ExecutionContext } from 'ava'
import { environmentWith } from '../../support/environment.ts'

const START = resolve('lib/cli/start.mjs')

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** A command of the project while it runs. */
export interface Running {
  readonly child: ChildProcess
  /** Resolves when standard error has this text in it. */
  said(text: string): Promise<void>
  readonly ended: Promise<Ended>
}

/** Start a command in a folder, without services unless `variables` name some. It ends with the test. */
export function start(
  t: ExecutionContext,
  folder: string,
  words: readonly string[],
  variables: Readonly<Record<string, string>> = {},
  stdin: 'ignore' | 'pipe' = 'ignore',
): Running {
  const child = spawn(process.execPath, [START, ...words], {
    cwd: folder,
    env: environmentWith(variables),
    stdio: [stdin, 'pipe', 'pipe'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  const texts = { out: '', err: '' }
  child.stdout!.on('data', (text) => (texts.out += String(text)))
  child.stderr!.on('data', (text) => (texts.err += String(text)))
  const ended = new Promise<Ended>((done) => child.on('close', (code) => done({ code, ...texts })))
  const said = (text: string): Promise<void> =>
    new Promise((done, fail) => {
      const look = (): void => void (texts.err.includes(text) && done())
      child.stderr!.on('data', look)
      void ended.then(() => fail(new Error(`it ended without "${text}": ${texts.err}`)))
      look()
    })
  return { child, said, ended }
}

/** Run a command to its end. */
export const sluice = (
  t: ExecutionContext,
  folder: string,
  words: string,
  variables?: Readonly<Record<string, string>>,
): Promise<Ended> => start(t, folder, words.split(' ').filter(Boolean), variables).ended
