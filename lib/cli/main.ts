import { Command } from 'commander'
import { doctorCommand } from './doctor.ts'
import { report } from './exit.ts'
import { findCommand } from './find.ts'
import { tamed } from './flag.ts'
import { forgetCommand } from './forget.ts'
import { keysCommand } from './keys.ts'
import { listCommand } from './list.ts'
import { logCommand } from './log.ts'
import { produceCommand } from './produce.ts'
import { runCommand } from './run.ts'
import { servicesCommand } from './services.ts'
import { verifyCommand } from './verify.ts'

/**
 * Do what the words of a command line say.
 *
 * @returns what the process is to exit with: 0, 1 failed, 2 wrong option or configuration, 130 or 143 stopped by a signal, 70 a bug
 */
export const main = (words: readonly string[]): Promise<number> =>
  exitCodeOf(async () => {
    loadEnvFile()
    await commands().parseAsync(words, { from: 'user' })
  })

/** Do the work of a process; what goes wrong is told. Returns what to exit with. */
export async function exitCodeOf(work: () => Promise<void>): Promise<number> {
  process.on('uncaughtException', (error) => process.exit(report(error)))
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreUnread)
  try {
    await work()
    return Number(process.exitCode ?? 0)
  } catch (error) {
    return report(error)
  }
}

function commands(): Command {
  const program = new Command('sluice')
    .description('stream processing on Kafka and S3: exactly once, auditable')
    .enablePositionalOptions()
    .helpCommand(false)
  program.addCommand(runCommand())
  program.addCommand(produceCommand())
  program.addCommand(servicesCommand())
  program.addCommand(logCommand())
  program.addCommand(verifyCommand())
  program.addCommand(listCommand())
  program.addCommand(findCommand())
  program.addCommand(forgetCommand())
  program.addCommand(doctorCommand())
  program.addCommand(keysCommand())
  return tamed(program)
}

/** Take over what `.env` in the current folder says. What the environment has already, wins. */
function loadEnvFile(): void {
  try {
    process.loadEnvFile('.env')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

/** Whoever was reading our output has gone, as `head` does: that is no reason to stop a pipeline. */
function ignoreUnread(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}
