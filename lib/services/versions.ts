/** What the services are made of. Each is fetched once and cached under its version. */

export const kafkaVersion = '4.1.2'

/** Kafka leaves the choice of a logging backend to whoever runs it; this is the one of its own distribution. */
export const log4jVersion = '2.24.3'

export const mavenDependencyPlugin = '3.8.1'

export const versitygwVersion = '1.8.0'
export const versitygwPackage = 'github.com/versity/versitygw/cmd/versitygw'

/** MinIO publishes no binary and no image any more. This is the last state of its source. */
export const minioVersion = '0.0.0-20260212201848-7aac2a2c5b7c'
export const minioPackage = 'github.com/minio/minio'

/** The lowest versions that run or build them: `[major, minor]`. */
export const neededVersions = {
  java: [17, 0],
  mvn: [3, 6],
  go: [1, 25],
} as const
