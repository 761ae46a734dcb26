// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from 'vitest';
import { pageLifecycle } from '../../src/platform/page-lifecycle';
import type { LifecycleEvent } from '../../src/platform/platform';

afterEach(() => {
  vi.restoreAllMocks();
});

function listen(signal = new AbortController().signal): LifecycleEvent[] {
  const heard: LifecycleEvent[] = [];
  pageLifecycle().listen((event) => heard.push(event), signal);
  return heard;
}

const show = (persisted: boolean): Event => Object.assign(new Event('pageshow'), { persisted });
const become = (state: DocumentVisibilityState): void => {
  vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(state);
  document.dispatchEvent(new Event('visibilitychange'));
};

test('a page that leaves hears hide, and one that is back from the cache hears show; a first load is no return', () => {
  const heard = listen();
  window.dispatchEvent(show(false));
  window.dispatchEvent(new Event('pagehide'));
  window.dispatchEvent(show(true));
  expect(heard).toEqual(['hide', 'show']);
});

test('a page that is frozen hears hide, and show when it wakes', () => {
  const heard = listen();
  document.dispatchEvent(new Event('freeze'));
  document.dispatchEvent(new Event('resume'));
  expect(heard).toEqual(['hide', 'show']);
});

test('a page hears when it becomes visible, and that it lost the focus when it becomes hidden', () => {
  const heard = listen();
  become('hidden');
  expect(heard).toEqual(['focus']);
  expect(pageLifecycle().isVisible()).toBe(false);
  become('visible');
  expect(heard).toEqual(['focus', 'visible', 'focus']);
  expect(pageLifecycle().isVisible()).toBe(true);
});

test('a signal that is aborted takes every listener away; one that was aborted before lets none be added', () => {
  const added = [vi.spyOn(window, 'addEventListener'), vi.spyOn(document, 'addEventListener')];
  const removed = [vi.spyOn(window, 'removeEventListener'), vi.spyOn(document, 'removeEventListener')];
  const aborter = new AbortController();
  const heard = listen(aborter.signal);
  aborter.abort();
  window.dispatchEvent(new Event('pagehide'));
  expect(heard).toEqual([]);
  for (const [index, add] of added.entries()) {
    expect(removed[index]?.mock.calls).toEqual(add.mock.calls);
    add.mockClear();
  }
  listen(aborter.signal);
  for (const add of added) expect(add).not.toHaveBeenCalled();
});

test('nothing listens for unload or beforeunload, which would keep the page out of the cache', () => {
  const add = vi.spyOn(window, 'addEventListener');
  listen();
  expect(add.mock.calls.map(([type]) => type).sort()).toEqual([
    'blur',
    'focus',
    'offline',
    'online',
    'pagehide',
    'pageshow',
  ]);
});
