import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'

/** What becomes of a request. */
export type Treatment =
  | 'pass'
  /** It is taken, and never answered. The server hears nothing of it. */
  | 'silence'
  /** Refused with 503 SlowDown. */
  | 'slow down'
  /** Refused with 500 InternalError. */
  | 'fail'
  /** Refused with 403 ExpiredToken. */
  | 'expired'
  /** Refused with 507, as MinIO does on a full disk. */
  | 'full'
  /** The connection breaks when half of the body has come, or before the answer. The server may have seen some of it. */
  | 'reset'
  /** The server does it, and the connection breaks before the answer. */
  | 'lost answer'
  /** Answered with 200 and an error. The server hears nothing of it. */
  | 'error in answer'
  /** The same, and the server has done it. */
  | 'error in answer, though done'
  /** The same, and the error ends with a line break, which the SDK takes for no error. */
  | 'error and a line break in answer, though done'
  /** The server does it, and the answer is 200 and nothing. */
  | 'empty answer'
  /** The server does it, and the connection breaks in the middle of what the answer holds. */
  | 'cut answer'
  /** A byte in the middle of the body is another one when it comes to the server. */
  | 'damage'

/** What is known of a request before it is treated. */
export interface Asked {
  readonly method: string
  /** With its query. */
  readonly path: string
  /** How many requests are under way, this one among them. */
  readonly underWay: number
}

/** A request that the server has answered, whatever became of the answer. */
export interface Answered {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly body: Buffer
  readonly status: number
}

/** An HTTP proxy on loopback that ill-treats requests. */
export interface FaultyProxy {
  readonly url: string
  /** Decides on each request; may be changed at any time. */
  treat: (asked: Asked) => Treatment
  /** Told of each answer of the server; may be changed at any time. */
  heard: (answered: Answered) => void
  /** How often each treatment was given so far. */
  readonly given: Map<Treatment, number>
  /** Breaks what is still under way. */
  close(): Promise<void>
}

/** Stand before a server. Everything passes until `treat` says otherwise. */
export async function faultyProxy(target: string): Promise<FaultyProxy> {
  const given = new Map<Treatment, number>()
  let underWay = 0

  const server = createServer((asked, answer) => {
    underWay++
    answer.on('close', () => underWay--)
    const { method = 'GET', url: path = '/' } = asked
    const treatment = proxy.treat({ method, path, underWay })
    given.set(treatment, (given.get(treatment) ?? 0) + 1)
    asked.on('error', () => undefined)
    const heard = (body: Buffer, status: number): void =>
      proxy.heard({ method, path, body, status })
    void treated(treatment, asked, answer, { target, heard }).catch(() => answer.destroy())
  })
  server.keepAliveTimeout = 60_000
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }

  const proxy: FaultyProxy = {
    url: `http://127.0.0.1:${port}`,
    treat: () => 'pass',
    heard: () => undefined,
    given,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return proxy
}

function errorXml(code: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>on purpose</Message></Error>`
}

interface Behind {
  /** The server's URL. */
  readonly target: string
  readonly heard: (body: Buffer, status: number) => void
}

async function treated(
  treatment: Treatment,
  asked: IncomingMessage,
  answer: ServerResponse,
  { target, heard }: Behind,
): Promise<void> {
  if (treatment === 'silence') return void asked.resume()
  if (treatment === 'reset') return reset(asked, target)
  const body = await bodyOf(asked)
  const refusal = refusals[treatment]
  if (refusal) return reply(answer, ...refusal)
  if (treatment === 'damage')
    body.writeUInt8(body.readUInt8(body.length >> 1) ^ 1, body.length >> 1)
  const given = await forwarded(asked, body, target)
  heard(body, given.statusCode ?? 502)
  const instead = misreports[treatment]
  if (treatment === 'lost answer' || instead !== undefined) given.resume()
  if (treatment === 'lost answer') return void asked.socket.destroy()
  if (instead !== undefined) return reply(answer, 200, instead)
  if (treatment === 'cut answer') return cut(given, answer)
  answer.writeHead(given.statusCode ?? 502, given.rawHeaders)
  await pipeline(given, answer)
}

/** What the server hears nothing of. */
const refusals: Partial<Record<Treatment, [status: number, text: string]>> = {
  'slow down': [503, errorXml('SlowDown')],
  fail: [500, errorXml('InternalError')],
  expired: [403, errorXml('ExpiredToken')],
  full: [507, errorXml('XMinioStorageFull')],
  'error in answer': [200, errorXml('InternalError')],
}

/** What is said of what the server has done. */
const misreports: Partial<Record<Treatment, string>> = {
  'error in answer, though done': errorXml('InternalError'),
  'error and a line break in answer, though done': `${errorXml('InternalError')}\n`,
  'empty answer': '',
}

/** The head says how long the body is; half of it comes. */
async function cut(given: IncomingMessage, answer: ServerResponse): Promise<void> {
  const body = await bodyOf(given)
  answer.writeHead(given.statusCode ?? 502, { ...given.headers, 'content-length': body.length })
  answer.write(body.subarray(0, body.length >> 1), () => answer.destroy())
}

function reply(answer: ServerResponse, status: number, text: string): void {
  answer.writeHead(status, { 'content-type': 'application/xml' }).end(text)
}

async function bodyOf(asked: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of asked as AsyncIterable<Buffer>) pieces.push(piece)
  return Buffer.concat(pieces)
}

/** What the server answers. */
async function forwarded(
  { method, url, rawHeaders }: IncomingMessage,
  body: Buffer,
  target: string,
): Promise<IncomingMessage> {
  const passed = request(new URL(url ?? '/', target), { method, headers: rawHeaders })
  passed.on('error', () => undefined) // also after the answer has begun
  passed.end(body)
  const [given] = (await once(passed, 'response')) as [IncomingMessage]
  return given.on('error', () => undefined)
}

/** Half of the body goes to the server, and then both connections break. */
async function reset(asked: IncomingMessage, target: string): Promise<void> {
  const { method, url, rawHeaders, headers } = asked
  const passed = request(new URL(url ?? '/', target), { method, headers: rawHeaders })
  passed.on('error', () => undefined)
  const half = Number(headers['content-length'] ?? 0) / 2
  let seen = 0
  for await (const piece of asked as AsyncIterable<Buffer>) {
    if (seen + piece.length > half) break
    seen += piece.length
    passed.write(piece)
  }
  passed.destroy()
  asked.socket.destroy()
}
