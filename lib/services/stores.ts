import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { artifactFolder } from './artifacts.ts'
import { credentials } from './credentials.ts'
import type { Launch, Place } from './launch.ts'

/** How to run versitygw over plain files; a bucket is a folder under `buckets`. */
export async function versitygwLaunch({ folder, port, report }: Place): Promise<Launch> {
  const program = join(await artifactFolder('versitygw', report), 'versitygw')
  const buckets = join(folder, 'buckets')
  const metadata = join(folder, 'metadata')
  await mkdir(join(buckets, credentials.bucket), { recursive: true })
  await mkdir(metadata, { recursive: true })
  const address = `127.0.0.1:${port}`
  return {
    command: program,
    // S3 keeps connections open; this server would close each after one request
    args: ['--port', address, '--keep-alive', '--quiet', 'posix', '--sidecar', metadata, buckets],
    env: {
      ROOT_ACCESS_KEY: credentials.accessKeyId,
      ROOT_SECRET_KEY: credentials.secretAccessKey,
      VGW_REGION: credentials.region,
    },
  }
}

/** How to run MinIO on one drive; a bucket is a folder under `drive`. */
export async function minioLaunch({ folder, port, report }: Place): Promise<Launch> {
  const program = join(await artifactFolder('minio', report), 'minio')
  const drive = join(folder, 'drive')
  await mkdir(join(drive, credentials.bucket), { recursive: true })
  const address = `127.0.0.1:${port}`
  return {
    command: program,
    args: ['server', '--quiet', '--address', address, drive],
    env: {
      MINIO_ROOT_USER: credentials.accessKeyId,
      MINIO_ROOT_PASSWORD: credentials.secretAccessKey,
      MINIO_REGION: credentials.region,
      MINIO_BROWSER: 'off',
      // of no worth: with a key, encryption at rest can be tried
      MINIO_KMS_SECRET_KEY: `sluice:${Buffer.alloc(32).toString('base64')}`,
    },
  }
}
