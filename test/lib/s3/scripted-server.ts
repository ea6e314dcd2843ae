import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ExecutionContext } from 'ava'
import { s3Store } from '../../../lib/s3/client.ts'
import type { S3StoreOptions } from '../../../lib/s3/client-config.ts'
import type { ObjectStore } from '../../../lib/ports.ts'

/** One answer to one request whose body has been read. */
export type Answer = (response: ServerResponse, request: IncomingMessage) => void

export interface Request {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly connection: number | undefined
  readonly body: string
}

/** An answer of the server. */
export const answer =
  (status: number, body = '', headers: Record<string, string> = {}): Answer =>
  (response) => {
    response.writeHead(status, headers)
    response.end(body)
  }

/** An error as S3 writes it. */
export const errorXml = (code: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>told by the server.</Message></Error>`

/** The connection breaks after the request has been read. */
export const reset: Answer = (response) => void response.socket?.destroy()

/** An S3 store whose server gives these answers, one a request, and keeps what it was asked. */
export const scriptedStore = (
  t: ExecutionContext,
  ...answers: Answer[]
): Promise<{ store: ObjectStore; requests: Request[] }> => scriptedStoreWith(t, {}, ...answers)

/** The same, with options of the store. */
export async function scriptedStoreWith(
  t: ExecutionContext,
  options: Partial<S3StoreOptions>,
  ...answers: Answer[]
): Promise<{ store: ObjectStore; requests: Request[] }> {
  const requests: Request[] = []
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      const body = Buffer.concat(pieces).toString()
      requests.push({ method, url, headers, connection: request.socket.remotePort, body })
      const next = answers.shift() ?? answer(500, errorXml('NotInTheScript'))
      next(response, request)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const store = s3Store({
    bucket: 'bucket',
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
    ...options,
  })
  t.teardown(async () => {
    await store.close()
    server.close()
    server.closeAllConnections()
  })
  return { store, requests }
}
