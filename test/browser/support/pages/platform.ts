/** The page of a tab that has the ports and nothing else, for the contract tests and the adapters' own. */
import { browserPlatform } from '../../../../src/platform/browser';
import { createTabContext, type TabContext } from '../../../platform/contracts/tab-context';

declare global {
  interface Window {
    contractTab: TabContext;
    /** Uncaught errors and unhandled rejections. */
    problems: string[];
  }
}

window.problems = [];
window.addEventListener('error', ({ message }) => window.problems.push(message));
window.addEventListener('unhandledrejection', ({ reason }) => window.problems.push(`unhandled: ${String(reason)}`));
window.contractTab = createTabContext(browserPlatform());
