import { connect, createServer, type Socket } from 'node:net'
import { once } from 'node:events'
import { systemClock } from '../../lib/clock.ts'

/** How often what may pass is given out, in ms. */
const TICK = 20

/** A relay on loopback that lets only so many bytes a second through to a server. */
export interface Throttle {
  readonly port: number
  /** Bytes a second, over all connections together; may be changed at any time. */
  rate: number
  /** Bytes that have passed to the server so far. */
  readonly passed: number
  close(): Promise<void>
}

/** Relay to a port of this machine. What comes back is not held up. */
export async function startThrottle(target: number, rate: number): Promise<Throttle> {
  const sockets = new Set<Socket>()
  const closed = new AbortController()
  const bucket = new Bucket(rate)
  void bucket.fill(closed.signal)

  const relay = (client: Socket): void => {
    const server = connect({ port: target, host: '127.0.0.1', noDelay: true })
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => other.destroy())
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
    server.pipe(client)
    void pass(client, server, bucket)
  }

  const listener = createServer(
    { noDelay: true, allowHalfOpen: true, highWaterMark: 16 * 1024 },
    relay,
  )
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as { port: number }
  return {
    port,
    get rate() {
      return bucket.rate
    },
    set rate(bytes) {
      bucket.rate = bytes
    },
    get passed() {
      return bucket.taken
    },
    async close() {
      closed.abort()
      for (const socket of sockets) socket.destroy()
      listener.close()
      await once(listener, 'close')
    },
  }
}

/** Piece by piece, each when there is room for it; the client is not read from meanwhile. */
async function pass(client: Socket, server: Socket, bucket: Bucket): Promise<void> {
  try {
    for await (const piece of client as AsyncIterable<Buffer>) {
      await bucket.take(piece.length)
      if (!server.write(piece)) await once(server, 'drain')
    }
    server.end()
  } catch {
    server.destroy() // either side is gone
  }
}

/** Bytes that may pass now. Who waits is served in turn. */
class Bucket {
  rate: number
  taken = 0
  #left = 0
  readonly #waiting: { readonly bytes: number; readonly go: () => void }[] = []

  constructor(rate: number) {
    this.rate = rate
  }

  async fill(signal: AbortSignal): Promise<void> {
    for (let last = performance.now(); !signal.aborted;) {
      await systemClock.sleep(TICK)
      const now = performance.now()
      this.#left = Math.min(this.#left + (this.rate * (now - last)) / 1_000, this.rate / 10)
      last = now
      this.#serve()
    }
  }

  take(bytes: number): Promise<void> {
    return new Promise((go) => {
      this.#waiting.push({ bytes, go })
      this.#serve()
    })
  }

  #serve(): void {
    for (let next; this.#left > 0 && (next = this.#waiting.shift());) {
      this.#left -= next.bytes
      this.taken += next.bytes
      next.go()
    }
  }
}
