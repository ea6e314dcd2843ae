import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Service } from './service.ts'

const answerWithin = 2_000

/** Waits until a service answers; false if it ends before or does not answer within `within` ms. */
export async function becomesHealthy(
  { name, url, running }: Pick<Service, 'name' | 'url' | 'running'>,
  within: number,
): Promise<boolean> {
  const answers = name === 'kafka' ? kafkaAnswers : storeAnswers
  const deadline = Date.now() + within
  while (Date.now() < deadline && (await running())) {
    if (await answers(url)) return true
    await sleep(50)
  }
  return false
}

/**
 * Whether a broker answers a metadata request with at least one live broker, which it does only
 * once it is registered and accepts clients.
 */
export function kafkaAnswers(url: string): Promise<boolean> {
  const [host, port] = url.split(':')
  return new Promise((resolve) => {
    const socket = connect(Number(port), host)
    const settle = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    let received = Buffer.alloc(0)
    socket.setTimeout(answerWithin, () => settle(false))
    socket.on('error', () => settle(false))
    socket.on('close', () => settle(false))
    socket.on('connect', () => socket.write(metadataRequest()))
    socket.on('data', (data) => {
      received = Buffer.concat([received, data])
      // Size, correlation id, number of brokers: 4 bytes each.
      if (received.length >= 12) settle(received.readInt32BE(8) > 0)
    })
  })
}

/** Whether an S3 server answers at all: a refusal of the unsigned request is an answer, 5xx is not. */
export async function storeAnswers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(answerWithin) })
    await response.body?.cancel()
    return response.status < 500
  } catch {
    return false
  }
}

/** Metadata, version 1, about no topic. */
function metadataRequest(): Buffer {
  const request = Buffer.alloc(18)
  request.writeInt32BE(request.length - 4, 0)
  request.writeInt16BE(3, 4)
  request.writeInt16BE(1, 6)
  request.writeInt32BE(1, 8)
  request.writeInt16BE(-1, 12) // no client id
  request.writeInt32BE(0, 14)
  return request
}
