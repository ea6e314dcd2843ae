/** How the S3 stores are reached. They listen on 127.0.0.1 only, so the secret keeps nobody out. */
export const credentials = {
  bucket: 'sluice',
  region: 'us-east-1',
  accessKeyId: 'sluice',
  secretAccessKey: 'sluice-local-secret',
}
