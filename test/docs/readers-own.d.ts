/**
 * What a reader of the examples has: the SDK that really opens the session, and a page with buttons. Examples are checked with
 * this and nothing else beside solotab and what they import, so keep it as small as it can be.
 */
declare module 'your-sdk' {
  export interface Call {
    mute(on: boolean): Promise<void>;
    /** Stops using it in this tab. */
    detach(): void;
    hangUp(): Promise<void>;
    readonly id: string;
    readonly pin: string;
    onAgent: (agent: { name: string }) => void;
  }
  interface Way {
    readonly signal: AbortSignal;
    readonly token?: string | undefined;
    readonly pin?: string | undefined;
  }
  export function openCall(request: { topic: string }, way: Way): Promise<Call>;
  export function joinCall(pin: string, way: Way): Promise<Call>;
  export function reopenCall(id: string | undefined, way: Way): Promise<Call>;
  /** Ends a call that no tab has any more. */
  export function endCall(id: string | undefined): Promise<void>;
  export function fetchToken(): Promise<string>;
}

declare const support: import('solotab').Coordinator;
declare const driver: import('solotab').Driver;

declare function show(text: string): void;
declare const startButton: HTMLButtonElement;
declare const endButton: HTMLButtonElement;
declare const hereButton: HTMLButtonElement;
declare const muteButton: HTMLButtonElement;

/** As the script of the Zoom Cobrowse SDK leaves it. */
declare const ZoomCobrowseSDK: {
  init(
    settings: object,
    callback: (result: { success: boolean; session: import('solotab/zoom').ZoomSession; error?: unknown }) => void,
  ): void;
};
declare const settings: object;
declare const sdkToken: string;

/** What the recipes for other test runners use of them. */
declare module '@jest/globals' {
  export { expect, test } from 'vitest';
  export const jest: {
    useFakeTimers(): void;
    useRealTimers(): void;
    advanceTimersByTimeAsync(ms: number): Promise<void>;
  };
}
declare module '@playwright/test' {
  import type { BrowserContext, Locator } from 'playwright-core';
  export function test(name: string, body: (fixtures: { context: BrowserContext }) => Promise<void>): void;
  interface TextMatcher {
    toHaveText(text: string): Promise<void>;
  }
  export function expect(locator: Locator): TextMatcher & { readonly not: TextMatcher };
}
