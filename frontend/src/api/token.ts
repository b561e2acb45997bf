import { atom } from 'nanostores';
import type { ComponentType } from 'preact';

const KEY = 'fualab-token'; // first/start.js reads it

/** The component that signs in and out (auth/ask.tsx), once the API has asked for a token, or there is one. */
export const signing = atom<ComponentType | null>(null);

/** Whether the API has refused the present token, or a request without any. */
export const signedOut = atom(false);

let token = kept();
let refusal: unknown = null; // of the present token, or of none
let askPerson = () => {};

function kept(): string {
  try {
    return sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY) ?? '';
  } catch {
    return ''; // storage is off: the token lasts as long as the page
  }
}

const header = () => (token ? `Bearer ${token}` : '');

export const hasToken = () => token !== '';

/** Sends every request from now on with another token; '' for none. It stays for this tab or, with `stay`, for all. */
export function keep(other: string, stay: boolean): void {
  token = other;
  refusal = null;
  signedOut.set(false);
  try {
    sessionStorage.removeItem(KEY);
    localStorage.removeItem(KEY);
    if (other) (stay ? localStorage : sessionStorage).setItem(KEY, other);
  } catch {
    // Storage is off: the token lasts as long as the page.
  }
}

/** Adds the token to a request. Where it would be refused as the one before it was, it is not sent. */
export function authorized(request: Request): Request {
  if (refusal) throw refusal;
  if (token) request.headers.set('Authorization', header());
  return request;
}

/** Says how a person is asked for a token. Until then a refusal asks for none. */
export function askBy(ask: () => void): void {
  askPerson = ask;
}

/** Asks for a token because of a request that was refused, unless there has been another token since. */
export function refused(request: Request, why: unknown): void {
  if ((request.headers.get('Authorization') ?? '') !== header()) return;
  refusal = why;
  signedOut.set(true);
  askPerson();
}
