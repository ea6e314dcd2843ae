import {
  CompleteMultipartUploadCommand,
  type CompletedPart,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { s3, uploads, world } from './world.ts'

const PART = 8 * 1024 * 1024
const LINE_FEED = 10

/** Parts that are on their way, or wait for it. */
const underWay = new Set<Promise<unknown>>()

/**
 * One object of lines that goes up in parts of 8 MiB while it grows, or by one PUT where it stays smaller. Holds one part besides those in flight.
 */
export class Lines {
  readonly #at: { readonly Bucket: string; readonly Key: string }
  #part: Buffer
  #length = 0
  #uploadId: Promise<string> | undefined
  readonly #parts: Promise<CompletedPart>[] = []

  /** @param capacity bytes that it is expected to hold */
  constructor(key: string, capacity = PART) {
    this.#at = { Bucket: world.bucket, Key: key }
    this.#part = Buffer.allocUnsafeSlow(capacity)
  }

  /** Copy a line in. */
  add(line: Buffer): void {
    if (this.#length + line.length + 1 > this.#part.length) this.#makeRoom(line.length + 1)
    this.#part.set(line, this.#length)
    this.#length += line.length
    this.#part[this.#length++] = LINE_FEED
  }

  /** Resolves when the object is there. */
  async finish(): Promise<void> {
    const rest = this.#part.subarray(0, this.#length)
    if (this.#uploadId === undefined) {
      await uploads(() => s3.send(new PutObjectCommand({ ...this.#at, Body: rest })))
      return
    }
    if (rest.length > 0) this.#send(rest)
    const UploadId = await this.#uploadId
    const Parts = await Promise.all(this.#parts)
    const whole = { ...this.#at, UploadId, MultipartUpload: { Parts } }
    await uploads(() => s3.send(new CompleteMultipartUploadCommand(whole)))
  }

  #makeRoom(bytes: number): void {
    if (this.#length + bytes > PART) {
      this.#send(this.#part.subarray(0, this.#length))
      this.#part = Buffer.allocUnsafeSlow(PART)
      this.#length = 0
    } else {
      const larger = Buffer.allocUnsafeSlow(Math.min(PART, 2 * (this.#length + bytes)))
      larger.set(this.#part.subarray(0, this.#length))
      this.#part = larger
    }
  }

  #send(Body: Buffer): void {
    this.#uploadId ??= this.#begin()
    const PartNumber = this.#parts.length + 1
    const part = this.#upload(this.#uploadId, PartNumber, Body)
    this.#parts.push(part)
    underWay.add(part)
    const done = (): void => void underWay.delete(part)
    part.then(done, done)
  }

  async #begin(): Promise<string> {
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(this.#at))
    return UploadId!
  }

  async #upload(id: Promise<string>, PartNumber: number, Body: Buffer): Promise<CompletedPart> {
    const UploadId = await id
    const command = new UploadPartCommand({ ...this.#at, UploadId, PartNumber, Body })
    const { ETag } = await uploads(() => s3.send(command))
    return { PartNumber, ETag }
  }
}

/** Resolves when no more parts are under way than fly at a time, twice: whoever reads on until then fills memory. */
export async function room(): Promise<void> {
  while (underWay.size > 2 * uploads.concurrency) await Promise.race(underWay)
}
