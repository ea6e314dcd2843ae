import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readdir, realpath, rename, rm } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SluiceError, messageOf } from '../errors.ts'
import { codeOf } from './files.ts'

/** The right to be the only one, until it is released or its process is gone, however that ended. */
export interface Lock {
  release(): Promise<void>
}

/** The longest path that every system takes for a socket, in bytes. */
const SOCKET_PATH_BYTES = 103

/**
 * Take a lock that lives in a folder of its own, which is made when it is not there. Who holds it listens on a Unix socket in that
 * folder. Everyone first puts up a socket of their own and then looks for others: of two who come at the same time at least one sees
 * the other, so that there are never two holders. Sockets that nobody listens on were left by the dead and are removed; a socket's
 * name is used once, so that nobody's living socket is removed by mistake.
 *
 * @param refusal makes the error for the case that process `pid` holds the lock.
 */
export async function takeLock(
  folder: string,
  refusal: (pid: string) => SluiceError,
): Promise<Lock> {
  const sockets = await socketFolder(folder)
  const name = `${process.pid}.${randomBytes(3).toString('hex')}`
  const path = join(sockets, name)
  const server = await listen(sockets, name)
  const release = async (): Promise<void> => {
    await rm(path, { force: true })
    await new Promise((resolve) => server.close(resolve))
  }
  for (const other of await readdir(sockets)) {
    if (other === name || other.startsWith('.')) continue
    if (await isHeld(join(sockets, other))) {
      await release()
      throw refusal(other.split('.')[0]!)
    }
    await rm(join(sockets, other), { force: true })
  }
  return { release }
}

/** The folder itself, or where its path is too long for a socket, one that belongs to it in the system's temporary folder. */
async function socketFolder(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true })
  const real = await realpath(folder)
  if (Buffer.byteLength(join(real, '.1234567890.123456')) <= SOCKET_PATH_BYTES) return real
  const hash = createHash('sha256').update(real).digest('hex').slice(0, 16)
  const short = join(tmpdir(), `sluice-${hash}`)
  await mkdir(short, { recursive: true })
  return short
}

/** Others see the socket only once it answers: before that it looks like one of a dead process. */
async function listen(folder: string, name: string): Promise<Server> {
  const hidden = join(folder, `.${name}`)
  const server = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        new SluiceError(
          'config',
          `Cannot guard ${folder} against a second process, because it cannot hold a Unix socket (${messageOf(error)}): use a folder on a local disk`,
          { cause: error },
        ),
      ),
    )
    server.listen(hidden, resolve)
  })
  server.unref()
  await rename(hidden, join(folder, name))
  return server
}

function isHeld(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', (error) => resolve(!/^(ECONNREFUSED|ENOENT)$/.test(codeOf(error))))
  })
}
