import { mkdtemp, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { binary, clientDir, runDir } from './build';
import { answers, environment, freePort, type Program, start, until } from './process';

/** A part of a platform: a program that can go and come back. */
export class Part {
  private program: Program | undefined;
  private readonly launch: () => Program;
  private readonly ready: (program: Program) => Promise<unknown>;

  constructor(launch: () => Program, ready: (program: Program) => Promise<unknown>) {
    this.launch = launch;
    this.ready = ready;
  }

  /** Starts it, unless it runs, and waits until it is ready. */
  async start(): Promise<void> {
    if (this.program) return;
    this.program = this.launch();
    await this.ready(this.program);
  }

  /** Stops it in order, if it runs. */
  async stop(): Promise<void> {
    const { program } = this;
    this.program = undefined;
    await program?.stop();
  }

  /** Ends it as a crash does. */
  async kill(): Promise<void> {
    const { program } = this;
    this.program = undefined;
    await program?.kill();
  }
}

/** A platform of separate processes behind the web server of production. */
export interface Separate {
  url: string;
  redis: Part;
  api: Part;
  worker: Part;
  web: Part;
  /** Starts whatever does not run. */
  whole(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts one with nothing in it, on SQLite and a private Redis. */
export async function startSeparate(): Promise<Separate> {
  const data = await mkdtemp(join(runDir(), 'data-'));
  const caddy = await binary('caddy');
  const apiProgram = await binary('fualab-api');
  const workerProgram = await binary('fualab-worker');
  const [redisPort, apiPort, workerPort, webPort, proxyPort] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const settings = environment({
    FUALAB_DATABASE_URL: `sqlite:///${join(data, 'fualab.db')}`,
    FUALAB_REDIS_URL: `redis://127.0.0.1:${redisPort}/0`,
    FUALAB_HEARTBEAT_TTL_SECONDS: '3',
    FUALAB_SHUTDOWN_TIMEOUT_SECONDS: '3',
  });
  const url = `http://127.0.0.1:${webPort}`;

  const redis = new Part(
    () =>
      start(
        'redis-server',
        ['--bind', '127.0.0.1', '--port', `${redisPort}`, '--dir', data, '--save', '', '--appendonly', 'no'],
        { cwd: data, env: environment({}) },
      ),
    (program) =>
      until(
        'redis-server should accept connections',
        () => (program.output().includes('Ready to accept connections') ? true : undefined),
        { program },
      ),
  );
  const api = new Part(
    () =>
      start(apiProgram, [], {
        cwd: data,
        env: { ...settings, FUALAB_API_ADDR: `127.0.0.1:${apiPort}` },
      }),
    (program) =>
      until('the API should be ready', () => answers(`http://127.0.0.1:${apiPort}/ready`), { program }),
  );
  const worker = new Part(
    () =>
      start(workerProgram, [], {
        cwd: data,
        env: {
          ...settings,
          FUALAB_WORKER_ADDR: `127.0.0.1:${workerPort}`,
          FUALAB_HEARTBEAT_INTERVAL_SECONDS: '1',
        },
      }),
    (program) =>
      until('the worker should be ready', () => answers(`http://127.0.0.1:${workerPort}/ready`), { program }),
  );
  const web = new Part(
    () =>
      start(
        caddy,
        ['run', '--adapter', 'caddyfile', '--config', resolve(import.meta.dirname, '../Caddyfile')],
        {
          cwd: clientDir(),
          env: environment({
            XDG_DATA_HOME: data,
            XDG_CONFIG_HOME: data,
            FUALAB_FRONTEND_ADDR: `127.0.0.1:${webPort}`,
            FUALAB_API_PROXY_ADDR: `127.0.0.1:${proxyPort}`,
            FUALAB_UPSTREAM_HOST: '127.0.0.1',
            FUALAB_UPSTREAM_PORT: `${apiPort}`,
          }),
        },
      ),
    (program) => until('the web server should answer', () => answers(`${url}/caddy-health`), { program }),
  );

  const whole = async () => {
    await redis.start();
    await api.start();
    await worker.start();
    await web.start();
    await until('the platform should find all of its parts', () => whether(url, 'ready'), { within: 30_000 });
  };
  const stop = async () => {
    await web.stop();
    await worker.stop();
    await api.stop();
    await redis.stop();
    await rm(data, { recursive: true, force: true });
  };
  try {
    await whole();
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, redis, api, worker, web, whole, stop };
}

/** Whether the platform says that it is in this state, in the form that until takes. */
async function whether(url: string, status: string): Promise<true | undefined> {
  try {
    const response = await fetch(`${url}/api/ready`, { signal: AbortSignal.timeout(5_000) });
    const answer: unknown = await response.json();
    return typeof answer === 'object' && answer !== null && 'status' in answer && answer.status === status
      ? true
      : undefined;
  } catch {
    return undefined; // no answer, or one that is not the API's
  }
}
