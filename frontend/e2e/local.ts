import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { binary, runDir } from './build';
import { environment, start, until } from './process';

/** A platform in one process, on a database of its own. */
export interface Local {
  /** The directory of its database. */
  data: string;
  url: string;
  stop(): Promise<void>;
}

/** Starts a platform with nothing in it; settings are FUALAB_* variables. */
export async function startLocal(settings: Record<string, string> = {}): Promise<Local> {
  const data = await mkdtemp(join(runDir(), 'data-'));
  const any = '127.0.0.1:0';
  const program = start(await binary('fualab-local'), [], {
    cwd: runDir(),
    env: environment({
      FUALAB_API_ADDR: any,
      FUALAB_WORKER_ADDR: any,
      FUALAB_FRONTEND_ADDR: any,
      FUALAB_DATA_DIR: data,
      FUALAB_BUILD_CLIENT: 'false',
      ...settings,
    }),
  });
  const stop = async () => {
    await program.stop();
    await rm(data, { recursive: true, force: true });
  };
  try {
    const url = await until(
      'the platform should say where its web client is',
      () => /Web client +(http:\S+)/.exec(program.output())?.[1],
      { program },
    );
    return { url, data, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
