/** Access tokens as the SDK's are: HS256, with its claims. */
import { jwtVerify, SignJWT } from 'jose';
import type { Role } from '../protocol';
import type { Caller } from './session';

/** The SDK's `role_type`. */
const ROLE_TYPES = { customer: 1, agent: 2 } as const satisfies Record<Role, number>;

export interface TokenClaims extends Caller {
  readonly appKey: string;
  /** Seconds since the Unix epoch. */
  readonly expiresAt: number;
}

export interface TokensOptions {
  readonly secret: Uint8Array;
  /** Milliseconds since the Unix epoch. */
  now(): number;
}

export type Tokens = ReturnType<typeof createTokens>;

export function createTokens({ secret, now }: TokensOptions) {
  return {
    /** Signs a token that is valid for `lifetimeS` seconds, from now. */
    sign(
      { appKey, userId, userName, role }: Omit<TokenClaims, 'expiresAt'>,
      lifetimeS: number,
      key = secret,
    ): Promise<string> {
      const issuedAt = Math.floor(now() / 1000);
      return new SignJWT({ user_id: userId, app_key: appKey, role_type: ROLE_TYPES[role], user_name: userName })
        .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + lifetimeS)
        .sign(key);
    },

    /** The claims of a good token; `null` for one that is forged, expired, or lacks a claim. */
    async verify(token: string): Promise<TokenClaims | null> {
      try {
        const { payload } = await jwtVerify(token, secret, {
          algorithms: ['HS256'],
          currentDate: new Date(now()),
          requiredClaims: ['iat', 'exp'],
        });
        const { user_id: userId, app_key: appKey, user_name: userName, role_type: roleType, exp: expiresAt } = payload;
        const role = roleType === ROLE_TYPES.customer ? 'customer' : roleType === ROLE_TYPES.agent ? 'agent' : null;
        if (typeof userId !== 'string' || typeof appKey !== 'string' || typeof userName !== 'string') return null;
        return role === null || expiresAt === undefined ? null : { userId, appKey, userName, role, expiresAt };
      } catch {
        return null;
      }
    },
  };
}
