import { Command, Option as Flag } from 'commander'
import { messageOf, SluiceError } from '../errors.ts'
import type { Option } from '../options.ts'
import { isTopicName } from '../topics.ts'
import { oneLine } from './exit.ts'

/** `maxPollRecords` on the command line: `--max-poll-records`. */
export const flagName = (name: string): string =>
  `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`

/** An option of a pipeline or a command, with its default in the help. */
export const flagOf = (name: string, option: Option<unknown>): Flag =>
  textFlag(name, option.placeholder, option.help, (text) => option.read(text)).default(
    option.initial,
    option.shown,
  )

/** An option without a default. */
export function textFlag(
  name: string,
  placeholder: string,
  help: string,
  read: (text: string) => unknown,
): Flag {
  const flag = flagName(name)
  return new Flag(`${flag} <${placeholder}>`, help).argParser((text: string) => {
    try {
      return read(text)
    } catch (error) {
      throw new SluiceError('config', `${flag} ${messageOf(error)}`, { cause: error })
    }
  })
}

/** The name of an instance. @throws Error whose message completes "--name …" */
export function readName(text: string): string {
  if (/^[a-z0-9][a-z0-9._-]*$/.test(text)) return text
  throw new SluiceError(
    'config',
    `takes lower-case letters, digits, '-', '_' and '.', not '${text}'`,
  )
}

/** Names of topics, with commas between them. @throws Error whose message completes "--topic …" */
export function readTopics(text: string): string[] {
  const topics = text.split(',').map(readTopic)
  const twice = topics.find((topic, index) => topics.indexOf(topic) < index)
  if (twice === undefined) return topics
  throw new SluiceError('config', `names ${twice} twice`)
}

/** Names of operators, with commas between them. @throws Error whose message completes "--drop-state …" */
export function readOperators(text: string): string[] {
  const operators = text.split(',').map((name) => name.trim())
  if (operators.every((name) => name !== '')) return operators
  throw new SluiceError('config', `takes names of operators, such as dedupe,reduce, not '${text}'`)
}

/** The name of a topic. @throws Error whose message completes "--topic …" */
export function readTopic(text: string): string {
  if (isTopicName(text)) return text
  throw new SluiceError('config', `takes letters, digits, '.', '_' and '-', not '${text}'`)
}

/** A TCP port to listen on. @throws Error whose message completes "--health-port …" */
export function readPort(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port
  throw new SluiceError('config', `takes a port from 1 to 65535, not '${text}'`)
}

/** Make a command and those below it say what is wrong in one line, and leave exiting to the caller. */
export function tamed(command: Command): Command {
  command.exitOverride().configureOutput({
    outputError: (text, write) => write(`${oneLine(text)}\n`),
  })
  for (const inner of command.commands) tamed(inner)
  return command
}
