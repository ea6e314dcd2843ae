import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { systemClock } from '../clock.ts'
import { type Duration, seconds } from '../duration.ts'
import { Patience, type Sends } from './patience.ts'

type Request = Parameters<NodeHttpHandler['handle']>[0]
type Options = Parameters<NodeHttpHandler['handle']>[1]
type Answer = ReturnType<NodeHttpHandler['handle']>

const CONNECT: Duration = seconds(3)

/** A request that waits for a connection counts as one that fails to connect, so there are more than callers use at once. */
const CONNECTIONS = 256

/** A request that fails is told by who makes it again, and not by the SDK besides. */
export const SILENT = {
  debug: (): void => undefined,
  info: (): void => undefined,
  warn: (): void => undefined,
  error: (): void => undefined,
}

/**
 * The SDK's handler of requests, with what it has not: how long a connection may carry nothing is up to the request. It knows one
 * such limit, so there is a handler for each, and they share their connections.
 */
export class Connections {
  readonly metadata = { handlerProtocol: 'http/1.1' }
  readonly #patience: Patience
  readonly #agents = {
    httpAgent: new HttpAgent({ keepAlive: true, maxSockets: CONNECTIONS }),
    httpsAgent: new HttpsAgent({ keepAlive: true, maxSockets: CONNECTIONS }),
  }
  readonly #handlers = new Map<Duration, NodeHttpHandler>()

  /** @param silence how long a connection may usually carry nothing */
  constructor(silence: Duration) {
    this.#patience = new Patience(silence)
  }

  async handle(request: Request, options?: Options): Answer {
    const sends = sentBy(request)
    const allowed = this.#patience.allowed(sends)
    const began = systemClock.now()
    const took = (): Duration => systemClock.now() - began
    try {
      const answer = await this.#handler(allowed).handle(request, options)
      this.#patience.answered(sends, took())
      return answer
    } catch (error) {
      if ((error as Error).name === 'TimeoutError' && took() >= allowed)
        this.#patience.gaveUp(sends, allowed)
      throw error
    }
  }

  /** All there is to set is set. */
  updateHttpClientConfig(): void {}

  httpHandlerConfigs(): object {
    return {}
  }

  destroy(): void {
    this.#agents.httpAgent.destroy()
    this.#agents.httpsAgent.destroy()
  }

  #handler(socketTimeout: Duration): NodeHttpHandler {
    let handler = this.#handlers.get(socketTimeout)
    if (handler === undefined) {
      const limits = { connectionTimeout: CONNECT, socketTimeout, logger: SILENT }
      handler = new NodeHttpHandler({ ...limits, ...this.#agents })
      this.#handlers.set(socketTimeout, handler)
    }
    return handler
  }
}

const sentBy = ({ method, query, headers }: Request): Sends =>
  method === 'POST' && query['uploadId'] !== undefined
    ? 'completion'
    : Number(headers['content-length'] ?? 0)
