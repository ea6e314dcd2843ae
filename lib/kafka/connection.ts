import type { Socket } from 'node:net'

/** A connection of kafkajs 2.2.4, which its declared types leave out. */
export interface Connection {
  socket?: Socket
  /** Of an answer that has not come whole yet. */
  chunks: Buffer[]
  bytesBuffered: number
  bytesNeeded: number
  isConnected(): boolean
  connect(): Promise<boolean>
}

/** Bytes before an answer that say how long it is. */
const LENGTH = 4

/**
 * Make a connection begin anew when it connects again. kafkajs keeps the beginning of an answer that was cut off, and takes what comes on the next connection
 * for its rest: from then on no answer is understood, and every request runs out of time, however often it connects. Nor does it let go of the socket
 * before, whose last words would be heard on the new one; and whoever asks for a connection while it is being made gets a second one.
 */
export function mendConnection(connection: Connection): void {
  const connect = connection.connect.bind(connection)
  let connecting: Promise<boolean> | undefined
  const begin = (): Promise<boolean> => {
    leave(connection.socket)
    connection.chunks = []
    connection.bytesBuffered = 0
    connection.bytesNeeded = LENGTH
    return connect()
  }
  connection.connect = () => {
    if (connection.isConnected()) return connect()
    connecting ??= begin().finally(() => {
      connecting = undefined
    })
    return connecting
  }
}

function leave(socket: Socket | undefined): void {
  if (!socket) return
  socket.removeAllListeners()
  socket.on('error', () => undefined)
  socket.destroy()
}
