import test from 'ava'
import { missingTools, parseVersion } from '../../../lib/services/toolchain.ts'

const outputs: [string, [number, number] | undefined][] = [
  ['openjdk version "17.0.15" 2025-04-15\nOpenJDK Runtime Environment', [17, 0]],
  ['openjdk version "25" 2025-09-16', [25, 0]],
  ['java version "1.8.0_292"', [8, 0]],
  ['go version go1.26.8 linux/amd64', [1, 26]],
  ['\u001b[1mApache Maven 3.8.7\u001b[m\nMaven home: /usr/share/maven', [3, 8]],
  ['command not found', undefined],
]

for (const [output, version] of outputs) {
  test(`the version in ${JSON.stringify(output.split('\n')[0])} is ${String(version)}`, (t) => {
    t.deepEqual(parseVersion(output), version)
  })
}

test('a tool that is new enough is not missing', async (t) => {
  t.deepEqual(await missingTools(['go'], async () => 'go version go1.25.0 linux/amd64'), [])
})

test('every tool that is absent or too old is named once, with what is needed', async (t) => {
  const installed = { java: 'openjdk version "11.0.2"', mvn: undefined, go: 'go version go1.19' }
  t.deepEqual(await missingTools(['java', 'mvn', 'go', 'go'], async (tool) => installed[tool]), [
    'Java 17 or newer (found 11.0)',
    'Maven 3.6 or newer (not found on the path)',
    'Go 1.25 or newer (found 1.19)',
  ])
})
