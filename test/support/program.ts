import { execFileSync } from 'node:child_process'

/**
 * Write a program that can be started. Another process writes it: were the file open for writing in this one, a child that somebody else starts at the same
 * moment would have it open too, and the system refuses to run what is being written (ETXTBSY).
 */
export function writeProgram(file: string, text: string): void {
  execFileSync('/bin/sh', ['-c', 'cat > "$0" && chmod 755 "$0"', file], { input: text })
}
