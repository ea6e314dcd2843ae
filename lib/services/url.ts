import type { ServiceState } from './service.ts'

/** Where a service is reached: `host:port` of the broker, an HTTP address of a store. */
export function urlOf({ name, port }: Pick<ServiceState, 'name' | 'port'>): string {
  return name === 'kafka' ? `127.0.0.1:${port}` : `http://127.0.0.1:${port}`
}
