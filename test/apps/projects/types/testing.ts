import { createFakeCoordinator, createSimulatedBrowser, type SimulatedTab } from 'solotab/testing';
import type { Support } from './core.js';

const browser = createSimulatedBrowser();
export const tab: SimulatedTab = browser.openTab();
export const started: Promise<unknown> = tab.coordinator.start();

const fake = createFakeCoordinator<Support>({ phase: 'active', role: 'follower' });
fake.emit('agent_joined', { name: 'Ada' });
fake.refuse(1004);
// @ts-expect-error: misspelt
fake.emit('agent_joind', { name: 'Ada' });
// @ts-expect-error: no such capability
browser.openTab({ locks: 'sometimes', nothing: 1 });
