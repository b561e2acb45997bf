import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A program that a test runs. */
export interface Program {
  readonly pid: number;
  /** The newest 64 KiB of its output. */
  output(): string;
  /** Ends it with SIGTERM, and with SIGKILL if that takes more than 15 seconds. */
  stop(): Promise<void>;
  /** Ends it as a crash does. */
  kill(): Promise<void>;
}

const running = new Set<number>();
process.on('exit', () => {
  for (const pid of running) signal(pid, 'SIGKILL');
});

/** Starts a program as the leader of a process group of its own, which ends with it. */
export function start(
  command: string,
  args: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv },
): Program {
  const child = spawn(command, args, { ...options, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const { pid } = child;
  let text = '';
  const keep = (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-65_536);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  child.on('error', (error) => keep(Buffer.from(String(error))));
  if (pid === undefined) throw new Error(`${command} cannot be started: is it there, and executable?`);
  running.add(pid);
  const ended = exit(child).finally(() => running.delete(pid));
  const end = async (name: NodeJS.Signals) => {
    if (running.has(pid)) signal(pid, name);
    const late = sleep(15_000, 'late', { ref: false });
    if ((await Promise.race([ended, late])) === 'late') signal(pid, 'SIGKILL');
    await ended;
  };
  return { pid, output: () => text, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') };
}

function exit(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => child.once('exit', () => resolve()));
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(-pid, name);
  } catch {
    // It has ended.
  }
}

/** Waits until check gives something other than undefined; a program that ended meanwhile fails at once. */
export async function until<T>(
  what: string,
  check: () => Promise<T | undefined> | T | undefined,
  { program, within = 20_000 }: { program?: Program; within?: number } = {},
): Promise<T> {
  const deadline = Date.now() + within;
  for (;;) {
    const found = await check();
    if (found !== undefined) return found;
    const why = program && !running.has(program.pid) ? 'has ended' : `did not within ${within / 1_000} s`;
    if (why === 'has ended' || Date.now() > deadline) {
      throw new Error(`${what}, but ${why}${program ? `. It wrote:\n${program.output()}` : ''}`);
    }
    await sleep(50);
  }
}

/** Whether a URL answers with success, in the form that until takes. */
export async function answers(url: string): Promise<true | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return response.ok ? true : undefined;
  } catch {
    return undefined;
  }
}

let port = 20_000 + Math.floor(Math.random() * 9_000);

/** A free port of the loopback interface, below those that the kernel hands to clients. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const candidate = ++port;
    const free = await new Promise<boolean>((resolve) => {
      const server = createServer()
        .once('error', () => resolve(false))
        .listen(candidate, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (free) return candidate;
  }
  throw new Error('no port is free');
}

/** The environment of a program of the platform: this one's without its FUALAB_ settings. */
export function environment(settings: Record<string, string>): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR } = process.env;
  return { PATH, HOME, ...(TMPDIR ? { TMPDIR } : {}), ...settings };
}
