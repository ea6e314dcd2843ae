import { type Duration, seconds } from '../duration.ts'
import { SluiceError } from '../errors.ts'
import type { CannedAcl, Encryption } from '../ports.ts'
import { Connections, SILENT } from './client-connections.ts'

export interface S3StoreOptions {
  readonly bucket: string
  /** URL of a server other than AWS; its buckets are then addressed by path. */
  readonly endpoint?: string
  /** Default: what the SDK finds in the environment; for an endpoint `us-east-1`. */
  readonly region?: string
  /** How objects are encrypted at rest, those of sinks that do not say otherwise and all of sluice's own. As the bucket says, unless said otherwise. */
  readonly encryption?: Encryption
  /** The same for who else may do what: a bucket of another account can demand `bucket-owner-full-control`. */
  readonly acl?: CannedAcl
  /** Longest silence of a connection in use before its request is given up and may be made again, longer where that has not been enough (`Patience`). 20 seconds, unless said otherwise. */
  readonly silence?: Duration
  /** Account id that has to own the bucket: another one's is refused, whatever its name. */
  readonly expectedOwner?: string
  /** Default: what the SDK finds in the environment, in its files or from the machine it runs on. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string }
}

/** Longest silence of a connection in use. Not the longest request: a slow store that makes progress may take its time. */
const SILENCE: Duration = seconds(20)

/**
 * What the SDK's client is made with.
 *
 * @throws SluiceError `config` when the endpoint is no URL
 */
export function clientConfig({ endpoint, region, credentials, silence = SILENCE }: S3StoreOptions) {
  if (endpoint !== undefined && !/^https?:\/\/[^/]/.test(endpoint))
    throw new SluiceError(
      'config',
      `the S3 endpoint is ${endpoint}: it has to be a URL such as http://localhost:9000`,
    )
  return {
    endpoint,
    forcePathStyle: endpoint !== undefined,
    region: region ?? (endpoint === undefined ? undefined : 'us-east-1'),
    credentials,
    maxAttempts: 1,
    logger: SILENT,
    // Every body is signed with its SHA-256, and what is read back is checked against hashes in the commit records. A CRC on top would
    // have to be kept for every part, and not every server knows it.
    requestChecksumCalculation: 'WHEN_REQUIRED' as const,
    responseChecksumValidation: 'WHEN_REQUIRED' as const,
    // To wait for "100 Continue" costs every part a connection of its own.
    expectContinueHeader: false,
    requestHandler: new Connections(silence),
  }
}
