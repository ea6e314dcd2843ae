import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { openPorts } from '../../../lib/cli/ports.ts'
import { startServices } from '../../../lib/services/index.ts'
import { freePort } from '../../../lib/services/ports.ts'
import type { Service, StoreName } from '../../../lib/services/service.ts'
import { type FaultyProxy, faultyProxy } from '../../support/faulty-proxy.ts'
import { type TcpProxy, tcpProxy } from '../../support/tcp-proxy.ts'
import { PARTITIONS } from './input.ts'
import { COPIES, NAME } from './pipeline.ts'

/** Services, and what stands between them and those who suffer. */
export interface Ground {
  readonly broker: Service
  readonly store: Service
  readonly brokerLine: TcpProxy
  readonly storeLine: TcpProxy
  readonly requests: FaultyProxy
  /** Leads to the services themselves. */
  readonly direct: Readonly<Record<string, string>>
  /** Leads to the proxies. */
  readonly hostile: Readonly<Record<string, string>>
  /** End the services in good order; what they hold stays. */
  close(): Promise<void>
}

/** Start services over what is in a folder, and make the topics unless they are there. */
export async function openGround(folder: string, store: StoreName): Promise<Ground> {
  const port = await freePort()
  const brokerLine = await tcpProxy(port)
  const listeners = { PROXY: { port, protocol: 'PLAINTEXT', advertised: brokerLine.port } }
  const home = join(folder, 'services')
  await mkdir(home, { recursive: true })
  const services = await startServices(['kafka', store], {
    folder: home,
    broker: { listeners, properties: {} },
  })
  const { S3_ENDPOINT, ...direct } = services.environment
  const requests = await faultyProxy(S3_ENDPOINT!)
  const storeLine = await tcpProxy(Number(new URL(requests.url).port))
  const ports = await openPorts({ variables: services.environment })
  await ports.log.create(NAME, PARTITIONS)
  await ports.log.create(COPIES, PARTITIONS)
  await ports.close()
  return {
    broker: services.kafka,
    store: services[store],
    brokerLine,
    storeLine,
    requests,
    direct: { ...direct, S3_ENDPOINT: S3_ENDPOINT! },
    hostile: {
      ...direct,
      S3_ENDPOINT: `http://127.0.0.1:${storeLine.port}`,
      KAFKA_BROKERS: `127.0.0.1:${brokerLine.port}`,
    },
    async close() {
      await Promise.all([storeLine.close(), requests.close(), brokerLine.close()])
      await services.kafka.stop()
      await services[store].stop()
    },
  }
}
