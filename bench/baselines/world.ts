import { S3Client } from '@aws-sdk/client-s3'
import { Kafka, logLevel } from 'kafkajs'
import pLimit, { type LimitFunction } from 'p-limit'

/** What a baseline is told on its command line, as JSON. */
export interface World {
  readonly brokers: readonly string[]
  readonly topic: string
  readonly partitions: number
  /** Of consumers; new in every run. */
  readonly group: string
  readonly endpoint: string
  readonly region: string
  readonly bucket: string
  /** Longest time between commits, in ms. */
  readonly commitEvery: number
}

export const world = JSON.parse(process.argv[2]!) as World

export const kafka = new Kafka({
  brokers: [...world.brokers],
  clientId: 'baseline',
  logLevel: logLevel.NOTHING,
})

/** Bodies are signed with their SHA-256 already; a CRC beside it would be work for nothing. */
export const s3 = new S3Client({
  endpoint: world.endpoint,
  region: world.region,
  forcePathStyle: true,
  requestChecksumCalculation: 'WHEN_REQUIRED',
  responseChecksumValidation: 'WHEN_REQUIRED',
  requestHandler: { httpAgent: { keepAlive: true, maxSockets: 16 } },
})

/** Four uploads in flight. */
export const uploads: LimitFunction = pLimit(4)
