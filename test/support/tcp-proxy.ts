import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** What becomes of what goes through connections, those that there are and those to come. */
export interface Weather {
  /** Every chunk waits so long, in ms; those behind it too. */
  readonly latency?: number
  /** What the client sends goes nowhere, what the server sends comes through; or the other way round. */
  readonly swallow?: 'requests' | 'answers'
  /** Answers come in pieces of so many bytes. */
  readonly slice?: number
}

/** A TCP proxy on loopback. */
export interface TcpProxy {
  readonly port: number
  /** May be changed at any time. */
  weather: Weather
  /** Breaks all connections that there are. */
  reset(): void
  close(): Promise<void>
}

/** Stand before a port of 127.0.0.1. The weather is fair until something else is said. */
export async function tcpProxy(target: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1')
    const both = [client, upstream]
    const end = (): void => {
      for (const socket of both) {
        socket.destroy()
        sockets.delete(socket)
      }
    }
    for (const socket of both) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', end).on('close', end)
    }
    void pass(client, upstream, 'requests').then(end, end)
    void pass(upstream, client, 'answers').then(end, end)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  async function pass(from: Socket, to: Socket, what: 'requests' | 'answers'): Promise<void> {
    for await (const chunk of from as AsyncIterable<Buffer>) {
      const { latency = 0, swallow, slice } = proxy.weather
      if (latency > 0) await sleep(latency)
      if (swallow === what) continue
      const size = what === 'answers' && slice !== undefined ? slice : chunk.length
      for (let at = 0; at < chunk.length; at += size)
        if (!to.write(chunk.subarray(at, at + size))) await once(to, 'drain')
    }
  }

  const proxy: TcpProxy = {
    port: (server.address() as { port: number }).port,
    weather: {},
    reset() {
      for (const socket of sockets) socket.resetAndDestroy()
    },
    async close() {
      server.close()
      proxy.reset()
      await once(server, 'close')
    },
  }
  return proxy
}
