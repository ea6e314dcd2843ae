import { randomBytes } from 'node:crypto'
import { type FileHandle, mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** The system's name of an error, such as `ENOENT`; '' where it has none. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : ''

/** Whether an error says that a path does not lead to anything. */
export const isMissing = (error: unknown): boolean => /^(ENOENT|ENOTDIR)$/.test(codeOf(error))

/** What `action` gives, or undefined when it finds that its path leads to nothing. */
export async function ifThere<T>(action: Promise<T>): Promise<T | undefined> {
  try {
    return await action
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** Do something with a path; where its folder is not there, make the folder and do it again. */
export async function inFolder<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
    await mkdir(dirname(path), { recursive: true })
    return action()
  }
}

/** A new name in a folder for a file that is not finished yet. */
export const temporaryIn = (folder: string): string =>
  join(folder, `${process.pid}.${randomBytes(6).toString('hex')}.tmp`)

/** Make a file that is not there yet; its bytes are on the disk when this resolves. When it rejects, there is no file. */
export async function writeNew(
  path: string,
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void> {
  const handle = await open(path, 'wx')
  try {
    for await (const bytes of body) await handle.writeFile(bytes)
    await handle.datasync()
    await handle.close()
  } catch (error) {
    await handle.close()
    await rm(path, { force: true })
    throw error
  }
}

/**
 * Write a small file as a whole, so that a reader, and a crash, finds either the old one or the new one.
 *
 * @param unfinished is the folder, on the same disk, for the file while it is written; the file's own unless said otherwise.
 */
export async function replaceFile(
  path: string,
  text: string,
  unfinished = dirname(path),
): Promise<void> {
  const temporary = temporaryIn(unfinished)
  await inFolder(temporary, () => writeNew(temporary, [Buffer.from(text)]))
  await inFolder(path, () => rename(temporary, path))
}

/** A file's JSON value; undefined when there is no such file. */
export async function readJson<T>(path: string): Promise<T | undefined> {
  const text = await ifThere(readFile(path, 'utf8'))
  return text === undefined ? undefined : (JSON.parse(text) as T)
}

/** Make names that were put into a folder, or taken out of it, survive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Fill a buffer from a position of a file, or up to the file's end. Gives the number of bytes. */
export async function readAt(
  handle: FileHandle,
  buffer: Buffer,
  position: number,
): Promise<number> {
  let filled = 0
  while (filled < buffer.length) {
    const { bytesRead } = await handle.read(
      buffer,
      filled,
      buffer.length - filled,
      position + filled,
    )
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return filled
}

/** A file's bytes from `from` in pieces of at most 256 KiB. */
export async function* readPieces(path: string): AsyncGenerator<Buffer> {
  const handle = await open(path)
  try {
    for (let position = 0; ;) {
      const buffer = Buffer.allocUnsafeSlow(256 * 1024)
      const filled = await readAt(handle, buffer, position)
      if (filled === 0) return
      yield buffer.subarray(0, filled)
      position += filled
    }
  } finally {
    await handle.close()
  }
}
