/** A process that takes a lock and keeps it. */
import { SluiceError } from '../../../lib/errors.ts'
import { takeLock } from '../../../lib/local/lock.ts'

await takeLock(process.argv[2]!, (pid) => new SluiceError('config', `held by ${pid}`))
process.send?.('locked')
process.on('message', () => {})
