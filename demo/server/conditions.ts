/** What the lab can make true for one site: the world in which the session service has to live. */
export interface Conditions {
  /** So long every message to the service takes. */
  readonly latencyMs: number;
  /** The network is down: no new connection gets through. */
  readonly refuseConnections: boolean;
  /** The service has lost its own backend. */
  readonly serviceDown: boolean;
  /** The site has a trial account, and its credit is used up. */
  readonly creditUsedUp: boolean;
  /** What the token service hands out. */
  readonly tokens: 'good' | 'expired' | 'forged' | 'none';
}

export const FAIR_WEATHER: Conditions = {
  latencyMs: 150,
  refuseConnections: false,
  serviceDown: false,
  creditUsedUp: false,
  tokens: 'good',
};

const TOKEN_STATES = ['good', 'expired', 'forged', 'none'] as const;
const MAX_LATENCY_MS = 10_000;

/** `current` with the changes that `value` asks for; what is not a condition in it is ignored. */
export function changeConditions(current: Conditions, value: Record<string, unknown>): Conditions {
  const { latencyMs, refuseConnections, serviceDown, creditUsedUp, tokens } = value;
  return {
    latencyMs:
      typeof latencyMs === 'number' && latencyMs >= 0 ? Math.min(latencyMs, MAX_LATENCY_MS) : current.latencyMs,
    refuseConnections: typeof refuseConnections === 'boolean' ? refuseConnections : current.refuseConnections,
    serviceDown: typeof serviceDown === 'boolean' ? serviceDown : current.serviceDown,
    creditUsedUp: typeof creditUsedUp === 'boolean' ? creditUsedUp : current.creditUsedUp,
    tokens: TOKEN_STATES.find((state) => state === tokens) ?? current.tokens,
  };
}
