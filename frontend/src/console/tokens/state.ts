import type { Token } from '../types';

/** How a token stands, with the time that belongs to it. */
export function stateOf(
  { revoked_at, expires_at }: Pick<Token, 'revoked_at' | 'expires_at'>,
  now: number,
): { word: string; tone: 'good' | 'warn' | 'quiet'; at: string | null } {
  if (revoked_at) return { word: 'revoked', tone: 'quiet', at: revoked_at };
  if (!expires_at) return { word: 'valid, does not expire', tone: 'good', at: null };
  if (Date.parse(expires_at) <= now) return { word: 'expired', tone: 'warn', at: expires_at };
  return { word: 'valid, expires', tone: 'good', at: expires_at };
}
