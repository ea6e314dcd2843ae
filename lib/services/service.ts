/** The services that a driver can run: the broker, the default S3 store, the second S3 store. */
export type ServiceName = 'kafka' | 'versitygw' | 'minio'
export type StoreName = Exclude<ServiceName, 'kafka'>

/** Takes one line about what is being done, for people. */
export type Report = (line: string) => void

/** A process and when it started, so that a pid that was given to another process is not taken for it. */
export interface ProcessIdentity {
  pid: number
  /** Clock ticks since boot, from `/proc`; null where there is no `/proc`. */
  startTime: string | null
}

/** All that is needed to take up a running service again from another process. */
export interface ServiceState {
  name: ServiceName
  port: number
  /** Absent where the service runs in a container. */
  process?: ProcessIdentity
}

/** One service on 127.0.0.1. Its port and data stay the same over any number of starts. */
export interface Service {
  readonly name: ServiceName
  /** `127.0.0.1:<port>` of the broker, `http://127.0.0.1:<port>` of a store. */
  readonly url: string
  /** Resolves when the service answers; rejects with the last lines of its log if it cannot. */
  start(): Promise<void>
  /** Ends it in good order. Resolves when it is gone, also where it was not running. */
  stop(): Promise<void>
  /** SIGKILL. Resolves when it is gone. */
  kill(): Promise<void>
  /** SIGSTOP: connections stay open, nothing answers. */
  pause(): Promise<void>
  /** SIGCONT. */
  resume(): Promise<void>
  running(): Promise<boolean>
  state(): ServiceState
}

/** Runs services in one folder, either as processes of this machine or in containers. */
export interface Driver {
  readonly kind: 'processes' | 'containers'
  /**
   * Fetches and builds what these services are made of, where that has not been done yet. Throws
   * one `service` error that names all that this machine lacks.
   */
  prepare(names: readonly ServiceName[]): Promise<void>
  /** A service that is not running yet or, with the state of an earlier run, perhaps is. */
  service(state: ServiceState): Service
  /** Kills what still runs and deletes all data. */
  remove(): Promise<void>
}
