import type { components } from './schema';

export type Problem = components['schemas']['Problem'];
export type FieldError = components['schemas']['FieldError'];

/** An answer of the API that is no success: a problem as in RFC 9457. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail || problem.title);
    this.problem = problem;
  }

  get status(): number {
    return this.problem.status;
  }

  /** The faults at a JSON pointer, such as "#/name", and at the pointers below it. */
  at(pointer: string): FieldError[] {
    return (this.problem.errors ?? []).filter(
      (e) => e.pointer === pointer || e.pointer?.startsWith(`${pointer}/`),
    );
  }
}

/** Whether an error is a problem of this status. */
export function isStatus(error: unknown, status: number): error is ApiProblem {
  return error instanceof ApiProblem && error.status === status;
}

/** No answer of the API: it is down, the network is, or it took too long. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
  readonly why: 'network' | 'timeout';

  constructor(why: 'network' | 'timeout', options?: ErrorOptions) {
    super(why === 'timeout' ? 'The API took too long to answer.' : 'The API does not answer.', options);
    this.why = why;
  }
}

/** Reads a problem, or makes one of an answer that some proxy gave. */
export async function problemOf(response: Response): Promise<Error> {
  const type = response.headers.get('content-type') ?? '';
  if (type.includes('json')) {
    const body: unknown = await response.json().catch(() => null);
    if (isProblem(body)) {
      return body.type === 'urn:fualab:problem:bad-gateway'
        ? new Unreachable('network')
        : new ApiProblem(body);
    }
    return new ApiProblem(plain(response, body));
  }
  if (response.status === 502 || response.status === 504) return new Unreachable('network');
  return new ApiProblem(plain(response, null));
}

function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'title' in body && 'status' in body && 'detail' in body;
}

function plain(response: Response, body: unknown): Problem {
  return {
    type: 'about:blank',
    title: response.statusText || `HTTP ${response.status}`,
    status: response.status,
    detail:
      body === null
        ? `The answer was not the API's: HTTP ${response.status} from something in between.`
        : `HTTP ${response.status}`,
    instance: response.headers.get('x-request-id') ?? '',
  };
}

/** Whether a script, or a style sheet of one (which Vite reports), could not be fetched, as browsers say it. */
export function isUnfetched(error: unknown): boolean {
  return (
    error instanceof Error &&
    /dynamically imported module|importing a module script|unable to preload/i.test(error.message)
  );
}

/** Explains an error to a person: a headline, and a text that helps. */
export function explain(error: unknown): { title: string; detail: string; reference?: string } {
  if (error instanceof Unreachable) {
    return navigator.onLine === false
      ? {
          title: 'You are offline',
          detail: 'What you see is kept, and is brought up to date when the network is back.',
        }
      : {
          title: error.message.replace(/\.$/, ''),
          detail: 'What you see is kept. The page retries automatically.',
        };
  }
  if (isStatus(error, 401))
    return { title: 'You are not signed in', detail: 'Sign in, at the top of the page.' };
  if (error instanceof ApiProblem) {
    const { title, detail, instance } = error.problem;
    return { title, detail, ...(instance ? { reference: instance } : {}) };
  }
  if (isUnfetched(error)) {
    return {
      title: 'A script of this page could not be fetched',
      detail: 'You may be offline, or FUALab was updated. Reload the page.',
    };
  }
  return {
    title: 'Something in this page went wrong',
    detail: error instanceof Error ? error.message : String(error),
  };
}
